import { Button, Popover, Textarea, TextInput, UnstyledButton } from '@mantine/core';
import { IconFilterPlus } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useOffer } from '../../app/offers';
import type { EventFilter } from '../../app/place';
import { useSettings } from '../../app/settings';
import { t } from '../../i18n';
import { parseTime, timeParts } from '../../shared/format';
import { ianaOf, type Zone } from '../../shared/zones';
import s from './MoreFilters.module.css';

interface MoreFiltersProps {
  filter: EventFilter;
  onChange: (part: Partial<EventFilter>) => void;
}

/** The filters that are used more rarely, in one form. */
export function MoreFilters({ filter, onChange }: MoreFiltersProps) {
  const [opened, setOpened] = useState(false);
  useOffer('list-filters', () => setOpened(true));
  return (
    <Popover
      position="bottom-start"
      width={460}
      trapFocus
      returnFocus
      opened={opened}
      onChange={setOpened}
      shadow="md"
      withinPortal
    >
      <Popover.Target>
        <UnstyledButton
          className={s.open}
          aria-label={t('events.moreFilters')}
          onClick={() => setOpened(!opened)}
          data-testid="filter-more"
        >
          <IconFilterPlus size={14} /> <span className={s.text}>{t('events.more')}</span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p={12}>
        {opened && (
          <Form
            filter={filter}
            onApply={(part) => {
              setOpened(false);
              onChange(part);
            }}
          />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

/** A time as it can be typed, in the chosen zone. One that is more exact than seconds stays as the store has it. */
function typedTime(utc: string | null, zone: Zone): string {
  if (utc === null) return '';
  if (!/\.0*Z$/.test(utc) && /\./.test(utc)) return utc;
  const { date, time } = timeParts(utc, zone);
  return `${date} ${time}`;
}

const EXACT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;

function readTime(text: string, zone: Zone): string | null {
  const typed = text.trim();
  return EXACT.test(typed) && !Number.isNaN(Date.parse(typed)) ? typed : parseTime(typed, zone);
}

const position = (text: string): string | null => {
  const digits = text.replace(/[\s\u202f#_]/g, '');
  return /^\d{1,20}$/.test(digits) && BigInt(digits) < 1n << 64n ? digits.replace(/^0+(?=\d)/, '') : null;
};

function Form({ filter, onApply }: { filter: EventFilter; onApply: (part: Partial<EventFilter>) => void }) {
  const { zone } = useSettings();
  const [prefix, setPrefix] = useState(filter.prefix ?? '');
  const [streams, setStreams] = useState(filter.streams.join('\n'));
  const [about, setAbout] = useState(filter.about ?? '');
  const [actor, setActor] = useState(filter.actor ?? '');
  const [correlation, setCorrelation] = useState(filter.correlation ?? '');
  const [from, setFrom] = useState(typedTime(filter.from, zone));
  const [until, setUntil] = useState(typedTime(filter.until, zone));
  const [after, setAfter] = useState(filter.after ?? '');
  const [through, setThrough] = useState(filter.through ?? '');
  const [shown, setShown] = useState(false);

  const wrong = <T,>(text: string, read: (text: string) => T | null, message: string): string | null =>
    text.trim() !== '' && read(text) === null ? message : null;
  const time = (text: string) => readTime(text, zone);
  const TIME = t('events.aTimeLike202610031400');
  const POSITION = t('events.aPositionLike48210');
  const errors = {
    from: wrong(from, time, TIME),
    until: wrong(until, time, TIME),
    after: wrong(after, position, POSITION),
    through: wrong(through, position, POSITION),
  };
  const [begin, end] = [time(from), time(until)];
  if (errors.until === null && begin !== null && end !== null && begin >= end) errors.until = 'Later than “from”';
  const [low, high] = [position(after), position(through)];
  if (errors.through === null && low !== null && high !== null && BigInt(low) >= BigInt(high)) {
    errors.through = 'Higher than “after”';
  }

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setShown(true);
    if (Object.values(errors).some((error) => error !== null)) return;
    const text = (value: string) => (value.trim() === '' ? null : value.trim());
    const names = streams.split(/[\s,]+/).filter((name) => name !== '');
    onApply({
      prefix: text(prefix),
      streams: [...new Set(names)],
      about: text(about),
      actor: text(actor),
      correlation: text(correlation),
      from: begin,
      until: end,
      after: low,
      through: high,
    });
  };
  const field = (
    label: string,
    value: string,
    set: (value: string) => void,
    id: string,
    more: { error?: string | null; placeholder?: string; first?: boolean } = {},
  ) => (
    <TextInput
      label={label}
      value={value}
      onChange={(event) => set(event.currentTarget.value)}
      placeholder={more.placeholder ?? ''}
      error={shown || value !== '' ? (more.error ?? null) : null}
      autoComplete="off"
      spellCheck={false}
      data-testid={`filter-${id}`}
      {...(more.first === true ? { 'data-autofocus': true } : {})}
    />
  );
  const zoneName = zone === 'local' ? t('events.localTime') : ianaOf(zone);

  return (
    <form className={s.form} onSubmit={submit} aria-label={t('events.moreFilters')}>
      {field(t('events.streamBeginsWith'), prefix, setPrefix, 'prefix', { placeholder: 'account-10', first: true })}
      {field(t('events.everythingAbout'), about, setAbout, 'about', { placeholder: 'customer-100234' })}
      <Textarea
        className={s.wide ?? ''}
        label={t('events.anyOfTheseStreams')}
        value={streams}
        onChange={(event) => setStreams(event.currentTarget.value)}
        placeholder="account-100234 account-100235"
        autosize
        minRows={1}
        maxRows={4}
        spellCheck={false}
        data-testid="filter-streams"
      />
      {field(t('events.recordedFrom', { zoneName }), from, setFrom, 'from', {
        error: errors.from,
        placeholder: '2026-10-03 14:00',
      })}
      {field(t('events.andBefore', { zoneName }), until, setUntil, 'until', {
        error: errors.until,
        placeholder: '2026-10-04',
      })}
      {field(t('events.afterPosition'), after, setAfter, 'after', { error: errors.after })}
      {field(t('events.upToPosition'), through, setThrough, 'through', { error: errors.through })}
      {field(t('events.actorExactly'), actor, setActor, 'actor', { placeholder: 'teller:anna' })}
      {field(t('events.storyCorrelationId'), correlation, setCorrelation, 'correlation')}
      <div className={`${s.wide} ${s.answers}`}>
        <Button type="submit" variant="filled" data-testid="filter-apply">
          {t('events.apply')}
        </Button>
      </div>
    </form>
  );
}
