import { CloseButton, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { t } from '../i18n';

interface SearchFieldProps {
  value: string | null;
  onChange: (value: string | null) => void;
  label: string;
  placeholder: string;
  width?: number | string;
  icon?: ReactNode;
  /** The field that `/` goes to. */
  main?: boolean;
  testId: string;
}

const WAIT_MILLISECONDS = 250;

/** A search that is asked a moment after the last key, or at once on Enter. */
export function SearchField({
  value,
  onChange,
  label,
  placeholder,
  width,
  icon,
  main = false,
  testId,
}: SearchFieldProps) {
  const [text, setText] = useState(value ?? '');
  const told = useRef(value);
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    setText(value ?? '');
  }, [value]);

  const tell = (next: string) => {
    const asked = next.trim() === '' ? null : next.trim();
    if (asked === told.current) return;
    told.current = asked;
    onChange(asked);
  };
  const latest = useRef(tell);
  latest.current = tell;
  useEffect(() => {
    const timer = window.setTimeout(() => latest.current(text), WAIT_MILLISECONDS);
    return () => window.clearTimeout(timer);
  }, [text]);

  return (
    <TextInput
      type="text"
      role="searchbox"
      aria-label={label}
      placeholder={placeholder}
      value={text}
      {...(width === undefined ? {} : { w: width })}
      leftSection={icon ?? <IconSearch size={14} />}
      rightSection={
        text === '' ? null : (
          <CloseButton
            size="xs"
            aria-label={t('shared.clear', { label })}
            onClick={() => {
              setText('');
              tell('');
            }}
          />
        )
      }
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') tell(text);
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
      data-testid={testId}
      {...(main ? { 'data-search-field': true } : {})}
    />
  );
}
