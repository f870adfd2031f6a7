import { Autocomplete } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconGitBranch } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useAsk } from '../../app/cache';
import { t } from '../../i18n';

interface StreamPickerProps {
  value: string;
  onChange: (stream: string) => void;
  width?: number;
}

const OFFERED = 20;

/** A stream by name; what is offered is searched on the other side. */
export function StreamPicker({ value, onChange, width = 220 }: StreamPickerProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const [search] = useDebouncedValue(text.trim(), 200);
  const found = useAsk(
    'streams',
    ['pick', search],
    (platform) =>
      platform.streams({
        category: null,
        search: search === '' || search === value ? null : search,
        order: 'lastChange',
        offset: 0,
        limit: OFFERED,
      }),
    { keep: true },
  );
  return (
    <Autocomplete
      aria-label={t('time.stream')}
      placeholder={t('time.stream2')}
      size="xs"
      w={width}
      leftSection={<IconGitBranch size={14} />}
      value={text}
      data={(found.data?.streams ?? []).map((row) => row.stream)}
      filter={({ options }) => options}
      onChange={setText}
      onOptionSubmit={onChange}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && text.trim() !== '') onChange(text.trim());
      }}
      onBlur={() => setText(value)}
      selectFirstOptionOnChange
      maxDropdownHeight={320}
      data-search-field
      data-testid="stream-picker"
    />
  );
}
