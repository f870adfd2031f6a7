import { useQueryClient } from '@tanstack/react-query';
import { settle, useAsk } from '../../app/cache';
import { showError } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import { toAppError } from '../../platform/platform';
import type { AppError, NotebookEdit, NotebookView } from '../../platform/wire';
import { useSteady } from '../../shared/useSteady';

export type ChangeNotebook = (edit: NotebookEdit) => Promise<NotebookView | null>;

interface OpenNotebook {
  notebook: NotebookView | null;
  error: AppError | null;
  retry: () => void;
  /** Carries a change out and shows it; a refusal is told, and nothing is changed. */
  change: ChangeNotebook;
}

export function useNotebook(id: string): OpenNotebook {
  const platform = usePlatform();
  const cache = useQueryClient();
  const asked = useAsk('notebook', [id], (ask) => ask.notebook(id), { keep: true });
  const change = useSteady(async (edit: NotebookEdit) => {
    try {
      const changed = await platform.changeNotebook(id, edit);
      cache.setQueryData(['notebook', id], changed);
      await settle(cache, 'changeNotebook');
      return changed;
    } catch (thrown) {
      showError(thrown);
      return null;
    }
  });
  return {
    notebook: asked.data ?? null,
    error: asked.isError ? toAppError(asked.error) : null,
    retry: () => void asked.refetch(),
    change,
  };
}
