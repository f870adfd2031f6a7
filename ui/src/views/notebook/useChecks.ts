import { useEffect, useMemo, useRef } from 'react';
import { usePlatform } from '../../app/PlatformContext';
import { useTask } from '../../app/useTask';
import { currentLanguage } from '../../i18n';
import type { AppError, NotebookView, PinCheck, Progress, StoreStatus } from '../../platform/wire';
import { useSteady } from '../../shared/useSteady';

export interface Checks {
  /** What has become of each pin; nothing before they were checked. */
  byPin: ReadonlyMap<string, PinCheck> | null;
  running: boolean;
  progress: Progress | null;
  error: AppError | null;
  run: () => void;
  cancel: () => void;
}

/** Checks the pins of a notebook when it is opened, when a pin is added and when another store is opened; else when asked. */
export function useChecks(notebook: NotebookView | null, store: StoreStatus | null): Checks {
  const platform = usePlatform();
  const task = useTask<PinCheck[]>();
  const language = currentLanguage();
  const pins = useMemo(
    () => notebook?.cells.flatMap((cell) => (cell.kind === 'pin' ? [cell.id] : [])) ?? [],
    [notebook],
  );
  const id = notebook?.id ?? null;
  const run = useSteady(() => {
    if (id !== null) void task.run((taskId, onProgress) => platform.checkNotebook(id, language, taskId, onProgress));
  });
  // Moving pins does not change what has become of them.
  const about = JSON.stringify([id, store?.location ?? null, language, [...pins].sort()]);
  const checked = useRef<string | null>(null);
  const { running } = task;
  useEffect(() => {
    // One check at a time: what has changed meanwhile is checked when the present one has ended.
    if (running || checked.current === about) return;
    checked.current = about;
    if (pins.length > 0) run();
  }, [about, running, pins, run]);
  const byPin = useMemo(
    () => (task.result === null ? null : new Map(task.result.map((check) => [check.pin, check]))),
    [task.result],
  );
  return { byPin, running: task.running, progress: task.progress, error: task.error, run, cancel: task.cancel };
}
