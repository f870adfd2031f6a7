import { Button, NumberInput, Textarea, TextInput, UnstyledButton } from '@mantine/core';
import { IconClock, IconEye, IconNote, IconTerminal2, IconTheater, IconTrash } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { showDone, showError } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import { places, readAddress } from '../../app/place';
import { placeName } from '../../app/placeName';
import { go, PlaceLink } from '../../app/router';
import { useSettings } from '../../app/settings';
import { outcomeOf } from '../../app/stage/outcome';
import { useStage, useStageActions } from '../../app/stage/useStage';
import { said, spoken } from '../../app/stage/words';
import { t } from '../../i18n';
import type { StageStep, StageView } from '../../platform/wire';
import { Chip, EmptyState, StreamName, Time } from '../../shared/bits';
import { exactTime } from '../../shared/format';
import s from './StageView.module.css';

/** Longest pause of a step, in seconds. */
const MOST_SECONDS = 600;

/** The steps of the scene on the stage, and one of them with its notes in big type. */
export function StepsTab({ step }: { step: string | null }) {
  const stage = useStage();
  if (stage === null) {
    return (
      <EmptyState
        icon={<IconTheater size={28} stroke={1.4} />}
        title={t('stage.nobody')}
        action={
          <Button variant="filled" onClick={() => go(places.scenes())} data-testid="stage-choose">
            {t('stage.choose')}
          </Button>
        }
      >
        {t('stage.nobodyText')}
      </EmptyState>
    );
  }
  const number = step === null ? Math.max(stage.done, 1) : Number(step);
  const index = Math.min(Math.max(number, 1), stage.steps.length) - 1;
  const shown = stage.steps[index];
  return (
    <div className={s.page}>
      <nav className={s.list} aria-label={t('stage.steps')}>
        <h2>{said(stage.title)}</h2>
        <p className={s.faint}>
          {t('stage.clock')}: <Time value={stage.clock} short />
        </p>
        <ol className={s.rows} data-testid="stage-step-list">
          {stage.steps.map((one, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: steps have no identity but their place
            <StepRow key={at} step={one} number={at + 1} done={at < stage.done} chosen={at === index} />
          ))}
        </ol>
      </nav>
      {shown !== undefined && <StepDetail stage={stage} step={shown} index={index} />}
    </div>
  );
}

const SIGNS = { command: IconTerminal2, clock: IconClock, show: IconEye, note: IconNote };

const kindOf = (step: StageStep): string =>
  ({
    command: t('stage.kindCommand'),
    clock: t('stage.kindClock'),
    show: t('stage.kindShow'),
    note: t('stage.kindNote'),
  })[step.does.kind];

interface StepRowProps {
  step: StageStep;
  number: number;
  done: boolean;
  chosen: boolean;
}

function StepRow({ step, number, done, chosen }: StepRowProps) {
  const Sign = SIGNS[step.does.kind];
  return (
    <li>
      <UnstyledButton
        className={`${s.row} ${chosen ? s.chosen : ''} ${done ? s.done : ''}`}
        aria-current={chosen ? 'step' : undefined}
        onClick={() => go(places.stageSteps(String(number)), 'replace')}
        data-testid={`stage-step-${number}`}
        data-done={done}
      >
        <span className={s.stepHead}>
          <Sign size={15} stroke={1.7} aria-label={kindOf(step)} />
          <span className={s.rowTitle}>
            {number}. {said(step.title)}
          </span>
          {done && <span className="visually-hidden">{t('stage.done')}</span>}
        </span>
      </UnstyledButton>
    </li>
  );
}

function StepDetail({ stage, step, index }: { stage: StageView; step: StageStep; index: number }) {
  const { zone } = useSettings();
  const actions = useStageActions();
  const [busy, setBusy] = useState(false);
  const notes = said(step.notes);
  const outcome = step.report === null ? null : outcomeOf(step.report, zone);
  const goHere = async () => {
    setBusy(true);
    if (await actions.goTo(index + 1)) go(places.stageSteps(String(index + 1)), 'push', null);
    setBusy(false);
  };
  return (
    <section className={s.detail} aria-labelledby="step-heading">
      <p className={s.faint}>
        {t('stage.stepNumber', { number: index + 1 })} · {kindOf(step)}
      </p>
      <h2 id="step-heading" className={s.heading}>
        {said(step.title)}
      </h2>
      <p className={s.spoken} data-testid="step-notes">
        {notes === '' ? t('stage.noNotes') : notes}
      </p>
      <Does step={step} />
      {outcome !== null && step.report !== null && step.report.outcome.outcome !== 'nothing' && (
        <div className={s.came}>
          <Chip tone={outcome.tone}>{outcome.text}</Chip>
          <ul className={s.events}>
            {step.report.events.map((event) => (
              <li key={event.position}>
                <PlaceLink to={places.events({}, event.position, 'oldest')}>
                  {event.sentence ?? event.eventType}
                </PlaceLink>
                <StreamName stream={event.stream} />
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className={s.actions}>
        <Button onClick={() => void goHere()} disabled={busy || index + 1 === stage.done} data-testid="stage-go-here">
          {index < stage.done ? t('stage.goBackHere') : t('stage.goHere')}
        </Button>
      </div>
      {stage.shipped ? (
        <p className={s.faint}>{t('stage.readOnly')}</p>
      ) : (
        <EditWords key={`${index} ${said(step.title)} ${notes}`} step={step} index={index} done={index < stage.done} />
      )}
    </section>
  );
}

function Does({ step }: { step: StageStep }) {
  const { zone } = useSettings();
  const { does } = step;
  switch (does.kind) {
    case 'note':
      return null;
    case 'show': {
      const place = readAddress(does.address);
      if (place === null) return <p>{t('stage.unknownPlace', { address: does.address })}</p>;
      const { title, about } = placeName(place);
      return (
        <p>
          <PlaceLink to={place}>{about === '' ? title : `${title}: ${about}`}</PlaceLink>
        </p>
      );
    }
    case 'clock':
      return (
        <p>
          {does.to === null
            ? t('stage.bySeconds', { seconds: does.bySeconds ?? 0 })
            : t('stage.toTime', { time: exactTime(does.to, zone) })}
        </p>
      );
    case 'command':
      return (
        <div>
          <p>
            <code>{does.commandType}</code> <span className="dim">{t('stage.by', { actor: does.actor })}</span>
            {does.reason !== null && <span className="dim"> · {does.reason}</span>}
          </p>
          <h3>{t('stage.payload')}</h3>
          <pre className={s.payload}>{does.payload}</pre>
        </div>
      );
  }
}

/** What the presenter writes to a step of their own. */
function EditWords({ step, index, done }: { step: StageStep; index: number; done: boolean }) {
  const platform = usePlatform();
  const { changed } = useStageActions();
  const [title, setTitle] = useState(said(step.title));
  const [notes, setNotes] = useState(said(step.notes));
  const [pause, setPause] = useState<number | null>(step.pauseSeconds);
  const keep = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const change = {
        title: spoken(title, step.title),
        notes: spoken(notes, step.notes),
        pauseSeconds: pause,
      };
      await changed(await platform.changeStageStep(index, change));
      showDone(t('stage.kept'));
    } catch (thrown) {
      showError(thrown);
    }
  };
  const remove = async () => {
    try {
      await changed(await platform.removeStageStep(index));
    } catch (thrown) {
      showError(thrown);
    }
  };
  return (
    <form className={s.form} onSubmit={(event) => void keep(event)} aria-label={t('stage.edit')}>
      <TextInput
        label={t('stage.editTitle')}
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
        required
        data-testid="step-title-field"
      />
      <Textarea
        label={t('stage.editNotes')}
        value={notes}
        onChange={(event) => setNotes(event.currentTarget.value)}
        autosize
        minRows={3}
        maxRows={12}
        data-testid="step-notes-field"
      />
      <NumberInput
        label={t('stage.editPause')}
        value={pause ?? ''}
        onChange={(value) => setPause(typeof value === 'number' ? value : null)}
        min={0}
        max={MOST_SECONDS}
        allowDecimal={false}
        w={260}
      />
      <div className={s.actions}>
        <Button type="submit" variant="filled" disabled={title.trim() === ''} data-testid="step-keep">
          {t('stage.editSave')}
        </Button>
        {!done && (
          <Button leftSection={<IconTrash size={14} />} onClick={() => void remove()} data-testid="step-remove">
            {t('stage.editRemove')}
          </Button>
        )}
      </div>
    </form>
  );
}
