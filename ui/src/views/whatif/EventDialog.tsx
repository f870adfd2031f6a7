import { Autocomplete, Button, Modal, NumberInput, Select, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useAsk } from '../../app/cache';
import { t } from '../../i18n';
import type { WhatIfLaneStep } from '../../platform/wire';
import { parseExact } from '../../shared/form/exactJson';
import { prettyJson } from '../../shared/form/layoutJson';
import type { Inserted } from './scenario';
import s from './WhatIfView.module.css';

export type Editing = { kind: 'edit'; step: WhatIfLaneStep } | { kind: 'insert'; after: WhatIfLaneStep | null };

interface EventDialogProps {
  editing: Editing | null;
  streams: readonly string[];
  onClose: () => void;
  onPayload: (step: WhatIfLaneStep, payload: string) => void;
  onInsert: (after: WhatIfLaneStep | null, inserted: Inserted) => void;
}

/** Another payload for an event, or an event that nobody has recorded. */
export function EventDialog({ editing, onClose, ...rest }: EventDialogProps) {
  const title =
    editing?.kind === 'edit'
      ? t('whatif.editEvent', { eventType: editing.step.row.eventType })
      : t('whatif.insertEvent');
  return (
    <Modal opened={editing !== null} onClose={onClose} title={title} size={640}>
      {editing?.kind === 'edit' && <EditForm step={editing.step} onClose={onClose} onPayload={rest.onPayload} />}
      {editing?.kind === 'insert' && <InsertForm after={editing.after} onClose={onClose} {...rest} />}
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

interface EditFormProps extends Pick<EventDialogProps, 'onClose' | 'onPayload'> {
  step: WhatIfLaneStep;
}

function EditForm({ step, onClose, onPayload }: EditFormProps) {
  const [text, setText] = useState(() => step.payload ?? '{}');
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = jsonProblem(text);
    setProblem(found);
    if (found !== null) return;
    onPayload(step, text);
    onClose();
  };
  return (
    <form className={s.form} onSubmit={submit}>
      <p className="dim">{t('whatif.editMeans')}</p>
      <PayloadField value={text} onChange={setText} problem={problem} />
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
}

function InsertForm({ after, streams, onClose, onInsert }: InsertFormProps) {
  const types = useAsk('eventTypes', [], (platform) => platform.eventTypes());
  const [stream, setStream] = useState(after?.row.stream ?? streams[0] ?? '');
  const [eventType, setEventType] = useState(after?.row.eventType ?? '');
  const [schemaVersion, setSchemaVersion] = useState(after?.row.schemaVersion ?? 1);
  const [text, setText] = useState(() => prettyJson(after?.payload ?? '{}'));
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = jsonProblem(text);
    setProblem(found);
    if (found !== null || stream.trim() === '' || eventType.trim() === '') return;
    onInsert(after, { stream: stream.trim(), eventType: eventType.trim(), schemaVersion, payload: text });
    onClose();
  };
  return (
    <form className={s.form} onSubmit={submit}>
      <p className="dim">{after === null ? t('whatif.insertAfterFork') : t('whatif.insertAfterChosen')}</p>
      <Select
        label={t('whatif.stream')}
        data={[...streams]}
        value={stream}
        onChange={(value) => setStream(value ?? '')}
        allowDeselect={false}
      />
      <div className={s.pair}>
        <Autocomplete
          label={t('whatif.eventType')}
          data={types.data ?? []}
          value={eventType}
          onChange={setEventType}
          data-testid="what-if-event-type"
        />
        <NumberInput
          label={t('whatif.schemaVersion')}
          min={1}
          max={99}
          allowDecimal={false}
          value={schemaVersion}
          onChange={(value) => setSchemaVersion(typeof value === 'number' ? value : 1)}
        />
      </div>
      <PayloadField value={text} onChange={setText} problem={problem} />
      <div className={s.buttons}>
        <Button onClick={onClose}>{t('whatif.cancel')}</Button>
        <Button type="submit" variant="filled" data-testid="what-if-apply">
          {t('whatif.insert')}
        </Button>
      </div>
    </form>
  );
}
