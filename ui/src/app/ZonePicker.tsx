import { Select, UnstyledButton } from '@mantine/core';
import { IconWorld } from '@tabler/icons-react';
import { useEffect, useReducer, useState } from 'react';
import { t } from '../i18n';
import { allZones, localZone, type Zone } from '../shared/zones';
import { changeSettings, useSettings } from './settings';
import s from './TopBar.module.css';

/** Longest list that is shown at once; typing narrows it. */
const SHOWN = 60;

const label = (zone: Zone): string =>
  zone === 'utc' ? 'UTC' : zone === 'local' ? t('app.localZone', { zone: localZone() }) : zone;

/** The zone that times are shown and typed in. */
export function ZonePicker() {
  const { zone } = useSettings();
  const [choosing, setChoosing] = useState(false);
  if (choosing) return <ZoneChoice zone={zone} onEnd={() => setChoosing(false)} />;
  return (
    <UnstyledButton
      className={s.zone}
      aria-label={t('app.timesInChooseATimeZone', { zone: label(zone) })}
      title={t('app.timeZoneOfWhatIsShownAndTyped')}
      onClick={() => setChoosing(true)}
      data-testid="zone"
    >
      <IconWorld size={14} />
      <span className="cut">{label(zone)}</span>
    </UnstyledButton>
  );
}

/** Some hundred zones by name: they are there only while one is chosen. */
function ZoneChoice({ zone, onEnd }: { zone: Zone; onEnd: () => void }) {
  // A field that is drawn with its list open names the list only when it is drawn again: until then nobody is read what is in it.
  const [, drawAgain] = useReducer((times: number) => times + 1, 0);
  useEffect(() => {
    const frame = requestAnimationFrame(drawAgain);
    return () => cancelAnimationFrame(frame);
  }, []);
  const choose = (next: string | null) => {
    if (next !== null) changeSettings({ zone: next });
    onEnd();
  };
  return (
    <Select
      aria-label={t('app.timeZoneOfWhatIsShown')}
      value={zone}
      onChange={choose}
      data={['local', 'utc', ...allZones()].map((name) => ({ value: name, label: label(name) }))}
      searchable
      allowDeselect={false}
      defaultDropdownOpened
      limit={SHOWN}
      nothingFoundMessage={t('app.noZoneByThatName')}
      leftSection={<IconWorld size={14} />}
      comboboxProps={{ width: 240, position: 'bottom-end' }}
      // The list itself scrolls, and belongs to the field, whose arrows move through it.
      role="combobox"
      withScrollArea={false}
      styles={{ options: { maxHeight: 260, overflowY: 'auto' } }}
      onFocus={(event) => event.currentTarget.select()}
      onBlur={onEnd}
      autoFocus
      w={168}
      data-testid="zone-search"
    />
  );
}
