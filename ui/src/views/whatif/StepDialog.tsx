import { Button, Modal, NumberInput, Radio, SegmentedControl, Select, TextInput } from '@mantine/core';
import { IconWand } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useAsk } from '../../app/cache';
import { useSettings } from '../../app/settings';
import { perLanguage, t } from '../../i18n';
import type { CommandInfo, WhatIfStep } from '../../platform/wire';
import { Bones } from '../../shared/bits';
import { parseTime } from '../../shared/format';
import { PayloadFields } from '../commands/PayloadFields';
import { useFilledCommand } from '../commands/useFilledCommand';
import s from './WhatIfView.module.css';

type CommandStep = Extract<WhatIfStep, { kind: 'command' }>;

export interface StepEditing {
  kind: 'command' | 'clock';
  /** Which step; nothing for a new one. */
  at: number | null;
  step: WhatIfStep | null;
}

interface StepDialogProps {
  editing: StepEditing | null;
  /** What time it is after the steps so far. */
  now: string;
  onClose: () => void;
  onStep: (step: WhatIfStep, at: number | null) => void;
}

export function StepDialog({ editing, now, onClose, onStep }: StepDialogProps) {
  const title = editing?.kind === 'clock' ? t('whatif.letTimePass') : t('whatif.sendCommand');
  const done = (step: WhatIfStep) => {
    onStep(step, editing?.at ?? null);
    onClose();
  };
  return (
    <Modal opened={editing !== null} onClose={onClose} title={title} size={640}>
      {editing?.kind === 'command' && (
        <CommandStepForm
          step={editing.step?.kind === 'command' ? editing.step : null}
          onDone={done}
          onClose={onClose}
        />
      )}
      {editing?.kind === 'clock' && <ClockStepForm step={editing.step} now={now} onDone={done} onClose={onClose} />}
    </Modal>
  );
}

interface CommandStepFormProps {
  step: CommandStep | null;
  onDone: (step: WhatIfStep) => void;
  onClose: () => void;
}

function CommandStepForm({ step, onDone, onClose }: CommandStepFormProps) {
  const commands = useAsk('commands', [], (platform) => platform.commands());
  const [commandType, setCommandType] = useState(step?.commandType ?? null);
  if (commands.data === undefined) return <Bones lines={4} label={t('whatif.loadingCommands')} />;
  const chosen = commands.data.find((command) => command.commandType === commandType);
  return (
    <div className={s.form}>
      <Select
        label={t('whatif.command')}
        placeholder={t('whatif.chooseOne')}
        description={chosen?.description ?? t('whatif.commandMeans')}
        data={commands.data.map((command) => ({ value: command.commandType, label: command.title }))}
        value={commandType}
        onChange={setCommandType}
        searchable
        data-testid="what-if-command"
      />
      {chosen === undefined ? (
        <div className={s.buttons}>
          <Button onClick={onClose}>{t('whatif.cancel')}</Button>
        </div>
      ) : (
        <FilledStep
          key={chosen.commandType}
          command={chosen}
          step={step?.commandType === chosen.commandType ? step : null}
          isNew={step === null}
          onDone={onDone}
          onClose={onClose}
        />
      )}
    </div>
  );
}

interface FilledStepProps extends CommandStepFormProps {
  command: CommandInfo;
  isNew: boolean;
}

const CALENDAR_DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A command filled in as at the desk, with who asks, why, and on which business day. */
function FilledStep({ command, step, isNew, onDone, onClose }: FilledStepProps) {
  const { actor: person } = useSettings();
  const filled = useFilledCommand(command, step?.payload ?? null);
  const { draft } = filled;
  const [actor, setActor] = useState(step?.actor ?? (person.trim() || 'teller'));
  const [reason, setReason] = useState(step?.reason ?? '');
  const [day, setDay] = useState(step?.businessDate ?? '');
  const dayProblem = day.trim() === '' || CALENDAR_DAY.test(day.trim()) ? null : t('whatif.noDay');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const read = await filled.attempt();
    if ('mistakes' in read || dayProblem !== null) return;
    onDone({
      kind: 'command',
      commandType: command.commandType,
      payload: read.payload,
      actor: actor.trim() || 'teller',
      reason: reason.trim() === '' ? null : reason.trim(),
      businessDate: day.trim() === '' ? null : day.trim(),
    });
  };
  return (
    <form className={s.form} onSubmit={(event) => void submit(event)} noValidate>
      <div className={s.filling}>
        <SegmentedControl
          aria-label={t('whatif.howFilled')}
          value={draft.mode}
          onChange={(value) => draft.setMode(value === 'json' ? 'json' : 'form')}
          disabled={draft.schema === null}
          data={[
            { value: 'form', label: t('whatif.form') },
            { value: 'json', label: t('whatif.json') },
          ]}
        />
        <Button
          variant="subtle"
          leftSection={<IconWand size={14} />}
          onClick={() => {
            filled.reset();
            void draft.fillExample();
          }}
        >
          {t('whatif.fillExample')}
        </Button>
      </div>
      <PayloadFields filled={filled} still={false} onTouched={() => undefined} />
      <div className={s.pair}>
        <TextInput
          label={t('whatif.whoAsks')}
          value={actor}
          onChange={(event) => setActor(event.currentTarget.value)}
          spellCheck={false}
          data-testid="what-if-actor"
        />
        <TextInput label={t('whatif.why')} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      </div>
      <TextInput
        label={t('whatif.businessDay')}
        placeholder={t('whatif.clocksDay')}
        description={t('whatif.businessDayHelp')}
        value={day}
        error={dayProblem}
        onChange={(event) => setDay(event.currentTarget.value)}
        spellCheck={false}
        data-testid="what-if-business-date"
      />
      <div className={s.buttons}>
        <Button onClick={onClose}>{t('whatif.cancel')}</Button>
        <Button type="submit" variant="filled" data-testid="what-if-apply">
          {isNew ? t('whatif.add') : t('whatif.apply')}
        </Button>
      </div>
    </form>
  );
}

const units = perLanguage(() => [
  { value: '1', label: t('whatif.seconds') },
  { value: '60', label: t('whatif.minutes') },
  { value: '3600', label: t('whatif.hours') },
  { value: '86400', label: t('whatif.days') },
]);

/** Most seconds that one step lets pass: a hundred years, which a step's number holds. */
const MOST_SECONDS = 100 * 366 * 86_400;

interface ClockStepFormProps {
  step: WhatIfStep | null;
  now: string;
  onDone: (step: WhatIfStep) => void;
  onClose: () => void;
}

function ClockStepForm({ step, now, onDone, onClose }: ClockStepFormProps) {
  const { zone } = useSettings();
  const [kind, setKind] = useState<'by' | 'to'>(step?.kind === 'clockTo' ? 'to' : 'by');
  const [count, setCount] = useState(step?.kind === 'clockBy' ? step.seconds : 1);
  const [unit, setUnit] = useState(step?.kind === 'clockBy' ? '1' : '86400');
  const [text, setText] = useState(step?.kind === 'clockTo' ? step.time : now);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (kind === 'by') {
      onDone({ kind: 'clockBy', seconds: Math.min(MOST_SECONDS, count * Number(unit)) });
      return;
    }
    const time = parseTime(text, zone);
    setProblem(time === null ? t('whatif.noTime') : null);
    if (time !== null) onDone({ kind: 'clockTo', time });
  };
  return (
    <form className={s.form} onSubmit={submit}>
      <Radio.Group value={kind} onChange={(value) => setKind(value as 'by' | 'to')} label={t('whatif.howMuch')}>
        <div className={s.radios}>
          <Radio value="by" label={t('whatif.forAWhile')} />
          <Radio value="to" label={t('whatif.untilMoment')} />
        </div>
      </Radio.Group>
      {kind === 'by' ? (
        <div className={s.pair}>
          <NumberInput
            label={t('whatif.number')}
            min={1}
            max={1_000_000}
            allowDecimal={false}
            value={count}
            onChange={(value) => setCount(typeof value === 'number' ? value : 1)}
            data-autofocus
            data-testid="what-if-count"
          />
          <Select
            label={t('whatif.ofWhat')}
            data={units()}
            value={unit}
            onChange={(value) => setUnit(value ?? '86400')}
            allowDeselect={false}
          />
        </div>
      ) : (
        <TextInput
          label={t('whatif.moment')}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={problem}
          spellCheck={false}
          data-testid="what-if-moment"
        />
      )}
      <p className="dim">{t('whatif.processesMeanwhile')}</p>
      <div className={s.buttons}>
        <Button onClick={onClose}>{t('whatif.cancel')}</Button>
        <Button type="submit" variant="filled" data-testid="what-if-apply">
          {step === null ? t('whatif.add') : t('whatif.apply')}
        </Button>
      </div>
    </form>
  );
}
