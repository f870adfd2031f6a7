import { Autocomplete, Button, Modal, NumberInput, Select, Textarea } from '@mantine/core';
import { type FormEvent, useRef, useState } from 'react';
import { useAsk } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { useSettings } from '../../app/settings';
import { t } from '../../i18n';
import type { WhatIfLaneStep, WhatIfTimes } from '../../platform/wire';
import { parseExact } from '../../shared/form/exactJson';
import { prettyJson } from '../../shared/form/layoutJson';
import { MomentField, readMoment } from './MomentField';
import type { EventChange, Inserted } from './scenario';
import s from './WhatIfView.module.css';

export type Editing =
  | { kind: 'edit'; step: WhatIfLaneStep; times: WhatIfTimes }
  | { kind: 'insert'; after: WhatIfLaneStep | null; times: WhatIfTimes };

interface EventDialogProps {
  editing: Editing | null;
  streams: readonly string[];
  onClose: () => void;
  onEdit: (step: WhatIfLaneStep, change: EventChange) => void;
  onInsert: (after: WhatIfLaneStep | null, inserted: Inserted) => void;
}

/** Another payload or time for an event, or an event that nobody has recorded. */
export function EventDialog({ editing, onClose, ...rest }: EventDialogProps) {
  const title =
    editing?.kind === 'edit'
      ? t('whatif.editEvent', { eventType: editing.step.row.eventType })
      : t('whatif.insertEvent');
  return (
    <Modal opened={editing !== null} onClose={onClose} title={title} size={640}>
      {editing?.kind === 'edit' && (
        <EditForm step={editing.step} times={editing.times} onClose={onClose} onEdit={rest.onEdit} />
      )}
      {editing?.kind === 'insert' && (
        <InsertForm after={editing.after} times={editing.times} onClose={onClose} {...rest} />
      )}
    </Modal>
  );
}

/** What is wrong with a text that should be JSON. */
export function jsonProblem(text: string): string | null {
  try {
    parseExact(text);
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : t('whatif.notJson');
  }
}

interface PayloadFieldProps {
  value: string;
  onChange: (text: string) => void;
  problem: string | null;
}

export function PayloadField({ value, onChange, problem }: PayloadFieldProps) {
  return (
    <Textarea
      label={t('whatif.payload')}
      description={t('whatif.payloadHelp')}
      classNames={{ input: `${s.json ?? ''} mono` }}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={problem}
      autosize
      minRows={8}
      maxRows={18}
      spellCheck={false}
      data-autofocus
      data-testid="what-if-payload"
    />
  );
}

/** The time of an event as it is typed, and what is wrong with it. */
function useMoment(begin: string, times: WhatIfTimes) {
  const { zone } = useSettings();
  const [text, setText] = useState(begin);
  const [problem, setProblem] = useState<string | null>(null);
  const read = () => {
    const moment = readMoment(text, zone, times);
    setProblem('problem' in moment ? moment.problem : null);
    return moment;
  };
  return { read, field: { value: text, onChange: setText, problem, bounds: times, testId: 'what-if-recorded-at' } };
}

interface EditFormProps extends Pick<EventDialogProps, 'onClose' | 'onEdit'> {
  step: WhatIfLaneStep;
  times: WhatIfTimes;
}

function EditForm({ step, times, onClose, onEdit }: EditFormProps) {
  const begin = step.payload ?? '{}';
  const [text, setText] = useState(begin);
  const [problem, setProblem] = useState<string | null>(null);
  const moment = useMoment(step.row.recordedAt, times);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = jsonProblem(text);
    setProblem(found);
    const read = moment.read();
    if (found !== null || 'problem' in read) return;
    onEdit(step, {
      payload: text === begin ? null : text,
      recordedAt: read.time === step.row.recordedAt ? null : read.time,
    });
    onClose();
  };
  return (
    <form className={s.form} onSubmit={submit}>
      <p className="dim">{t('whatif.editMeans')}</p>
      <PayloadField value={text} onChange={setText} problem={problem} />
      <MomentField label={t('whatif.recordedAt')} help={t('whatif.recordedAtStays')} {...moment.field} />
      <div className={s.buttons}>
        <Button onClick={onClose}>{t('whatif.cancel')}</Button>
        <Button type="submit" variant="filled" data-testid="what-if-apply">
          {t('whatif.apply')}
        </Button>
      </div>
    </form>
  );
}

interface InsertFormProps extends Pick<EventDialogProps, 'streams' | 'onClose' | 'onInsert'> {
  after: WhatIfLaneStep | null;
  times: WhatIfTimes;
}

function InsertForm({ after, times, streams, onClose, onInsert }: InsertFormProps) {
  const types = useAsk('eventTypes', [], (platform) => platform.eventTypes());
  const [stream, setStream] = useState(after?.row.stream ?? streams[0] ?? '');
  const [eventType, setEventType] = useState(after?.row.eventType ?? '');
  const [schemaVersion, setSchemaVersion] = useState(after?.row.schemaVersion ?? 1);
  const [text, setText] = useState(() => prettyJson(after?.payload ?? '{}'));
  const [problem, setProblem] = useState<string | null>(null);
  const moment = useMoment('', times);
  const platform = usePlatform();
  // What was put there for a type gives way to that of another one; what a person has written stays.
  const [offered, setOffered] = useState(text);
  const asked = useRef('');
  const adopt = async (chosenType: string, chosenStream: string) => {
    const key = `${chosenType} ${chosenStream}`;
    if (asked.current === key || !(types.data ?? []).includes(chosenType)) return;
    asked.current = key;
    const example = await platform.eventExample(chosenType, chosenStream).catch(() => null);
    if (example === null || asked.current !== key) return;
    setSchemaVersion(example.schemaVersion);
    const payload = prettyJson(example.payload);
    setText((present) => (present === offered ? payload : present));
    setOffered(payload);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = jsonProblem(text);
    setProblem(found);
    const read = moment.read();
    if (found !== null || 'problem' in read || stream.trim() === '' || eventType.trim() === '') return;
    const [recordedAt, named] = [read.time, { stream: stream.trim(), eventType: eventType.trim() }];
    onInsert(after, { ...named, schemaVersion, payload: text, recordedAt });
    onClose();
  };
  return (
    <form className={s.form} onSubmit={submit}>
      <p className="dim">{after === null ? t('whatif.insertAfterFork') : t('whatif.insertAfterChosen')}</p>
      <Select
        label={t('whatif.stream')}
        data={[...streams]}
        value={stream}
        onChange={(value) => {
          setStream(value ?? '');
          if (value !== null) void adopt(eventType.trim(), value);
        }}
        allowDeselect={false}
        data-testid="what-if-stream"
      />
      <div className={s.pair}>
        <Autocomplete
          label={t('whatif.eventType')}
          data={types.data ?? []}
          value={eventType}
          onChange={(value) => {
            setEventType(value);
            void adopt(value.trim(), stream);
          }}
          onKeyDown={(event) => {
            // It chooses a type; what it is about is to be read before it is inserted.
            if (event.key === 'Enter') event.preventDefault();
          }}
          data-testid="what-if-event-type"
        />
        <NumberInput
          label={t('whatif.schemaVersion')}
          min={1}
          max={99}
          allowDecimal={false}
          value={schemaVersion}
          onChange={(value) => setSchemaVersion(typeof value === 'number' ? value : 1)}
          data-testid="what-if-schema-version"
        />
      </div>
      <PayloadField value={text} onChange={setText} problem={problem} />
      <MomentField label={t('whatif.recordedAt')} help={t('whatif.recordedAtOfPlace')} {...moment.field} />
      <div className={s.buttons}>
        <Button onClick={onClose}>{t('whatif.cancel')}</Button>
        <Button type="submit" variant="filled" data-testid="what-if-apply">
          {t('whatif.insert')}
        </Button>
      </div>
    </form>
  );
}
