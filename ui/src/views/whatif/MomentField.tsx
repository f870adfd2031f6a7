import { useSettings } from '../../app/settings';
import { t } from '../../i18n';
import type { WhatIfTimes } from '../../platform/wire';
import { TimeInput } from '../../shared/form/DateInput';
import { proseDate, timeParts } from '../../shared/format';
import { readTime, type Zone } from '../../shared/zones';

/** Between which times something may have been recorded, in words. */
export function boundsText({ earliest, latest }: WhatIfTimes, zone: Zone): string {
  const from = exactMoment(earliest, zone);
  if (latest === null) return t('whatif.notBefore', { earliest: from });
  return t('whatif.between', { earliest: from, latest: exactMoment(latest, zone) });
}

/** A time with all of its digits, as it could be typed. */
function exactMoment(time: string, zone: Zone): string {
  const micros = /\.(\d*[1-9])0*Z$/.exec(time)?.[1];
  const parts = timeParts(time, zone);
  return `${proseDate(parts.date)} ${parts.time}${micros === undefined ? '' : `.${micros}`} ${parts.zone}`.trim();
}

export type ReadMoment = { time: string | null } | { problem: string };

/**
 * What stands in the field as RFC 3339 in UTC with microseconds, which are compared letter by letter; nothing if it is empty. Why
 * not, if it is no time or not within its bounds.
 */
export function readMoment(text: string, zone: Zone, { earliest, latest }: WhatIfTimes): ReadMoment {
  if (text.trim() === '') return { time: null };
  const { utc, problem } = readTime(text, zone);
  if (utc === null) return { problem: problem ?? t('whatif.noTime') };
  if (utc < earliest) return { problem: t('whatif.tooEarly', { earliest: exactMoment(earliest, zone) }) };
  if (latest !== null && utc > latest) return { problem: t('whatif.tooLate', { latest: exactMoment(latest, zone) }) };
  return { time: utc };
}

interface MomentFieldProps {
  label: string;
  /** What it means, and what an empty field means. */
  help: string;
  value: string;
  onChange: (text: string) => void;
  bounds: WhatIfTimes;
  problem: string | null;
  testId: string;
  focused?: true;
}

/** A time with its bounds beside it. */
export function MomentField({ label, help, value, onChange, bounds, problem, testId, focused }: MomentFieldProps) {
  const { zone } = useSettings();
  return (
    <TimeInput
      label={label}
      description={`${boundsText(bounds, zone)} ${help}`}
      value={value}
      onChange={onChange}
      error={problem}
      withAsterisk={false}
      disabled={false}
      data-testid={testId}
      {...(focused === true ? { 'data-autofocus': true } : {})}
    />
  );
}
