import { Select } from '@mantine/core';
import { IconWorld } from '@tabler/icons-react';
import { useMemo } from 'react';
import { allZones, localZone } from '../shared/zones';
import { changeSettings, useSettings } from './settings';
import s from './TopBar.module.css';

/** Longest list that is shown at once; typing narrows it. */
const SHOWN = 60;

/** The zone that times are shown and typed in. */
export function ZonePicker() {
  const { zone } = useSettings();
  const data = useMemo(
    () => [
      { value: 'local', label: `Local · ${localZone()}` },
      { value: 'utc', label: 'UTC' },
      ...allZones().map((name) => ({ value: name, label: name })),
    ],
    [],
  );
  return (
    <Select
      aria-label="Time zone of what is shown"
      value={zone}
      onChange={(next) => next !== null && changeSettings({ zone: next })}
      data={data}
      searchable
      allowDeselect={false}
      limit={SHOWN}
      nothingFoundMessage="No zone by that name"
      leftSection={<IconWorld size={14} />}
      comboboxProps={{ width: 240, position: 'bottom-end' }}
      className={s.zone ?? ''}
      data-testid="zone"
    />
  );
}
