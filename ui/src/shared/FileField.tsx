import { TextInput } from '@mantine/core';
import { t } from '../i18n';

interface FileFieldProps {
  path: string;
  onPath: (path: string) => void;
  /** What is chosen where nothing is typed. */
  description: string;
  disabled?: boolean;
}

/** A file by its whole path, for those who would rather type it than choose it in the system's dialog. */
export function FileField({ path, onPath, description, disabled = false }: FileFieldProps) {
  return (
    <TextInput
      label={t('shared.file')}
      description={description}
      value={path}
      onChange={(event) => onPath(event.currentTarget.value)}
      disabled={disabled}
      spellCheck={false}
      autoComplete="off"
      data-testid="file-path"
    />
  );
}

/** What was typed; nothing where the file is to be chosen. */
export const typedPath = (text: string): string | null => (text.trim() === '' ? null : text.trim());
