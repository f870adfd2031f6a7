import { ActionIcon, Button, Tooltip, UnstyledButton } from '@mantine/core';
import {
  IconArrowBackUp,
  IconDoorExit,
  IconLetterCase,
  IconMapPinPlus,
  IconNotes,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerRecordFilled,
  IconPlayerSkipBack,
  IconPlayerStopFilled,
  IconPlayerTrackNext,
  IconPlayerTrackPrev,
} from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { t } from '../../i18n';
import type { StageStep, StageView } from '../../platform/wire';
import { Chip, Kbd } from '../../shared/bits';
import { ConfirmDialog } from '../../shared/ConfirmDialog';
import { showDone } from '../notify';
import { useOffer } from '../offers';
import { usePlatform } from '../PlatformContext';
import { places } from '../place';
import { placeName } from '../placeName';
import { currentPlace, PlaceLink } from '../router';
import { useSettings } from '../settings';
import { outcomeOf } from './outcome';
import { SaveSceneDialog } from './SaveSceneDialog';
import s from './StageBar.module.css';
import { nextSpeed, setPlaying, toggleBigType, toggleNotes, useStageLook } from './stageLook';
import { useStage, useStageActions } from './useStage';
import { said } from './words';

/** How long a step stays on the screen when the scene plays by itself and does not say. */
const PAUSE_SECONDS = 7;

/** Offers big type everywhere; on stage, the scene's transport and the presenter's notes at the foot of every view. */
export function StageBar() {
  const platform = usePlatform();
  const stage = useStage();
  useOffer('big-type', () => void toggleBigType(platform));
  return stage === null ? null : <Bar stage={stage} />;
}

function Bar({ stage }: { stage: StageView }) {
  const actions = useStageActions();
  const { notes, bigType, speed } = useStageLook();
  const platform = usePlatform();
  const [dialog, setDialog] = useState<'leave' | 'save' | null>(null);
  const { busy, playing, step, back, reset, toggle } = useTransport(stage);
  const { done, steps } = stage;
  const current = steps[done - 1];
  const over = done === steps.length;

  const leave = () => {
    if (stage.unsaved) setDialog('leave');
    else void actions.leave();
  };
  const addPlace = async () => {
    const { title, about } = placeName(currentPlace());
    const text = about === '' ? title : `${title}: ${about}`;
    if (await actions.addPlace(text)) showDone(t('stage.added', { title: text }));
  };
  useOffer('stage-step', step);
  useOffer('stage-play', toggle);
  useOffer('stage-back', back);
  useOffer('stage-reset', reset);
  useOffer('stage-notes', toggleNotes);
  useOffer('stage-record', () => void actions.record(!stage.recording));
  useOffer('stage-place', stage.recording ? () => void addPlace() : null);
  useOffer('stage-save', stage.unsaved ? () => setDialog('save') : null);
  useOffer('stage-leave', leave);

  return (
    <aside className={s.stage} aria-label={t('stage.bar')} aria-busy={busy} data-testid="stage-bar" data-done={done}>
      {notes && <Notes step={current} />}
      <div className={s.bar}>
        <div className={s.transport}>
          <Tool id="reset" label={t('stage.reset')} keys="F6" onClick={reset}>
            <IconPlayerSkipBack size={17} stroke={1.7} />
          </Tool>
          <Tool id="back" label={t('stage.stepBack')} keys="F7" onClick={back}>
            <IconPlayerTrackPrev size={17} stroke={1.7} />
          </Tool>
          <Tool id="play" label={playing ? t('stage.pause') : t('stage.play')} keys="F8" onClick={toggle} main>
            {playing ? <IconPlayerPauseFilled size={17} /> : <IconPlayerPlayFilled size={17} />}
          </Tool>
          <Tool id="step" label={t('stage.step')} keys="F9" onClick={step}>
            <IconPlayerTrackNext size={17} stroke={1.7} />
          </Tool>
          <UnstyledButton
            className={s.speed}
            aria-label={t('stage.speed', { speed })}
            onClick={nextSpeed}
            data-testid="stage-speed"
          >
            {speed}×
          </UnstyledButton>
        </div>
        <div className={s.where}>
          <div className={s.line}>
            <PlaceLink to={places.stageSteps(String(Math.max(done, 1)))} className={s.scene ?? ''}>
              {said(stage.title)}
            </PlaceLink>
            <span className={s.progress} data-testid="stage-progress">
              {done === 0 ? t('stage.atCheckpoint') : t('stage.progress', { done, total: steps.length })}
            </span>
            {stage.recording && <Chip tone="bad">{t('stage.recording')}</Chip>}
          </div>
          <div className={s.line} aria-live="polite">
            {current !== undefined && (
              <span className={s.current} data-testid="stage-current">
                {said(current.title)}
              </span>
            )}
            <Outcome step={current} />
            <span className={s.next} data-testid="stage-next">
              {busy
                ? t('stage.wait')
                : over
                  ? t(stage.recording ? 'stage.adding' : 'stage.over')
                  : t('stage.next', { step: nextTitle(steps, done) })}
            </span>
          </div>
        </div>
        <div className={s.tools}>
          <Tool
            id="notes"
            label={notes ? t('stage.notesHide') : t('stage.notesShow')}
            keys="F4"
            pressed={notes}
            onClick={toggleNotes}
          >
            <IconNotes size={17} stroke={1.7} />
          </Tool>
          <Tool
            id="big"
            label={t('stage.bigType')}
            keys="F2"
            pressed={bigType}
            onClick={() => void toggleBigType(platform)}
          >
            <IconLetterCase size={17} stroke={1.7} />
          </Tool>
          <Tool
            id="record"
            label={stage.recording ? t('stage.stopRecording') : t('stage.record')}
            pressed={stage.recording}
            onClick={() => void actions.record(!stage.recording)}
          >
            {stage.recording ? <IconPlayerStopFilled size={16} /> : <IconPlayerRecordFilled size={16} />}
          </Tool>
          {stage.recording && (
            <Tool id="place" label={t('stage.addPlace')} keys="F10" onClick={() => void addPlace()}>
              <IconMapPinPlus size={17} stroke={1.7} />
            </Tool>
          )}
          {stage.unsaved && (
            <Button size="compact-sm" onClick={() => setDialog('save')} data-testid="stage-save">
              {t('stage.save')}
            </Button>
          )}
          <Button
            size="compact-sm"
            leftSection={<IconDoorExit size={14} />}
            onClick={leave}
            title={stage.offStage === null ? undefined : t('stage.backTo', { store: stage.offStage })}
            data-testid="stage-leave"
          >
            {t('stage.leave')}
          </Button>
        </div>
      </div>
      <ConfirmDialog
        opened={dialog === 'leave'}
        onClose={() => setDialog(null)}
        title={t('stage.discardTitle')}
        confirm={t('stage.discardIt')}
        dismiss={t('stage.keepIt')}
        icon={<IconArrowBackUp size={14} />}
        danger
        onConfirm={async () => void (await actions.leave())}
        testId="confirm-stage-leave"
      >
        <p>{t('stage.discardText')}</p>
      </ConfirmDialog>
      <SaveSceneDialog stage={stage} opened={dialog === 'save'} onClose={() => setDialog(null)} />
    </aside>
  );
}

const nextTitle = (steps: readonly StageStep[], done: number): string => {
  const next = steps[done];
  return next === undefined ? '' : said(next.title);
};

/** Steps one by one: by hand, or by itself with a pause after each. */
function useTransport(stage: StageView) {
  const actions = useStageActions();
  const { playing, speed } = useStageLook();
  const [busy, setBusy] = useState(false);
  const working = useRef(false);
  const { done, steps } = stage;
  const over = done === steps.length;

  const alone = async (work: () => Promise<unknown>) => {
    // One at a time: a key that is held down does not run ahead of the bank.
    if (working.current) return;
    working.current = true;
    setBusy(true);
    try {
      await work();
    } finally {
      working.current = false;
      setBusy(false);
    }
  };
  const step = () => void alone(async () => over || (await actions.step()));
  const back = () => {
    setPlaying(false);
    if (done > 0) void alone(() => actions.goTo(done - 1));
  };
  const reset = () => {
    setPlaying(false);
    void alone(() => actions.reset());
  };
  const toggle = () => {
    setPlaying(!playing);
    if (playing) return;
    if (over) void alone(async () => (await actions.reset()) && (await actions.step()));
    else step();
  };

  const latest = useRef(step);
  latest.current = step;
  const last = steps[done - 1];
  const broken = last?.report?.kept === false || last?.report?.outcome.outcome === 'failed';
  const pause = last?.pauseSeconds ?? PAUSE_SECONDS;
  useEffect(() => {
    if (!playing || busy) return;
    // Nobody wants to be shown more of a scene that has gone wrong.
    if (over || broken) return setPlaying(false);
    const timer = window.setTimeout(() => latest.current(), (pause * 1000) / speed);
    return () => window.clearTimeout(timer);
  }, [playing, busy, over, broken, pause, speed]);
  // The bar goes when the stage is left; the next scene does not begin by itself.
  useEffect(() => () => setPlaying(false), []);
  return { busy, playing, step, back, reset, toggle };
}

function Notes({ step }: { step: StageStep | undefined }) {
  const text = step === undefined ? '' : said(step.notes);
  if (text === '') return null;
  return (
    <section className={s.notes} aria-label={t('stage.notes')} data-testid="stage-spoken">
      {text}
    </section>
  );
}

function Outcome({ step }: { step: StageStep | undefined }) {
  const { zone } = useSettings();
  const report = step?.report ?? null;
  if (report === null || step === undefined) return null;
  // A place or a note speaks for itself.
  if (report.outcome.outcome === 'nothing') return null;
  const { text, tone } = outcomeOf(report, zone);
  const [first] = report.events;
  return (
    <span className={s.outcome} data-testid="stage-outcome" data-outcome={report.outcome.outcome}>
      <Chip tone={tone}>{text}</Chip>
      {first !== undefined && (
        <PlaceLink
          to={places.events(
            {
              after: String(BigInt(first.position) - 1n),
              through: String(BigInt(first.position) + BigInt(report.eventCount) - 1n),
            },
            null,
            'oldest',
          )}
        >
          {t('stage.seeEvents')}
        </PlaceLink>
      )}
    </span>
  );
}

interface ToolProps {
  id: string;
  label: string;
  keys?: string;
  onClick: () => void;
  main?: boolean;
  /** Whether it is on; nothing for what only does something. */
  pressed?: boolean;
  children: ReactNode;
}

function Tool({ id, label, keys, onClick, main = false, pressed, children }: ToolProps) {
  return (
    <Tooltip
      label={
        <>
          {label} {keys !== undefined && <Kbd>{keys}</Kbd>}
        </>
      }
    >
      <ActionIcon
        variant={main ? 'filled' : pressed === true ? 'light' : 'default'}
        color={main || pressed === true ? 'iris' : 'gray'}
        size={30}
        aria-label={label}
        {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
        onClick={onClick}
        data-testid={`stage-${id}`}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
