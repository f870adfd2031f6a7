import { Checkbox } from '@mantine/core';
import { IconArrowBackUp, IconHammer, IconPlayerSkipForward, IconReplace, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { rich, t } from '../../i18n';
import type { ProjectionStatus } from '../../platform/wire';
import { ConfirmDialog } from '../../shared/ConfirmDialog';
import { grouped, modelWords } from '../../shared/format';
import type { Upkeep } from './useUpkeep';

export type Question = 'rebuild' | 'resume' | 'skip' | 'rollBack' | 'reset' | 'swap' | 'release';

export interface Asked {
  kind: Question;
  projection: ProjectionStatus;
  stream?: string | undefined;
}

interface ProjectionDialogsProps {
  asked: Asked | null;
  upkeep: Upkeep;
  onClose: () => void;
}

/** What is asked before something happens to a read model: each question names what it is about, with its numbers. */
export function ProjectionDialogs({ asked, upkeep, onClose }: ProjectionDialogsProps) {
  if (asked === null) return null;
  const props = { projection: asked.projection, upkeep, onClose };
  switch (asked.kind) {
    case 'rebuild':
    case 'resume':
      return <RebuildDialog {...props} resume={asked.kind === 'resume'} />;
    case 'skip':
      return <SkipDialog {...props} />;
    case 'rollBack':
      return <RollBackDialog {...props} />;
    case 'reset':
      return <ResetDialog {...props} />;
    case 'swap':
      return <SwapDialog {...props} />;
    case 'release':
      return <ReleaseDialog {...props} stream={asked.stream ?? ''} />;
  }
}

interface OneProps {
  projection: ProjectionStatus;
  upkeep: Upkeep;
  onClose: () => void;
}

const strongRows = (count: string) => <strong>{t('projections.nRows', { count })}</strong>;
const strongEvents = (count: string) => <strong>{t('projections.nEvents', { count })}</strong>;

function RebuildDialog({ projection, upkeep, onClose, resume }: OneProps & { resume: boolean }) {
  const [keep, setKeep] = useState(true);
  const { name, head, rows, halfBuiltTables } = projection;
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={
        resume
          ? t('projections.goOnQuestion', { name: modelWords(name) })
          : t('projections.rebuildQuestion', { name: modelWords(name) })
      }
      confirm={resume ? t('projections.goOn') : t('projections.rebuildFrom', { count: head })}
      icon={<IconHammer size={14} />}
      onConfirm={() => upkeep.rebuild(name, { acceptDifferences: false, resume, keep })}
      testId="confirm-rebuild"
    >
      {resume ? (
        <p>{rich('projections.goOnMeans', { tables: <strong>{halfBuiltTables}</strong> })}</p>
      ) : (
        <p>
          {halfBuiltTables === null
            ? rich('projections.rebuildReads', { events: strongEvents(head) })
            : rich('projections.rebuildReadsAnew', { events: strongEvents(head), tables: halfBuiltTables })}
        </p>
      )}
      <p>{rich('projections.rebuildMeans', { rows: strongRows(rows) })}</p>
      <Checkbox
        mt={12}
        label={t('projections.keepBuilt')}
        checked={keep}
        onChange={(event) => setKeep(event.currentTarget.checked)}
        data-testid="rebuild-keep"
      />
    </ConfirmDialog>
  );
}

function SkipDialog({ projection, upkeep, onClose }: OneProps) {
  const { name, haltedAt, problem } = projection;
  const position = haltedAt ?? '0';
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={t('projections.skipQuestion', { position: grouped(position), name: modelWords(name) })}
      confirm={t('projections.skipPosition', { position: grouped(position) })}
      icon={<IconPlayerSkipForward size={14} />}
      danger
      asksReason
      onConfirm={(by) => upkeep.attempt('skipEvent', (platform) => platform.skipEvent({ name, position, ...by }))}
      testId="confirm-skip"
    >
      <p>
        {problem === null
          ? rich('projections.neverContains', { name: modelWords(name), event: <strong>#{grouped(position)}</strong> })
          : rich('projections.neverContainsBecause', {
              name: modelWords(name),
              event: <strong>#{grouped(position)}</strong>,
              problem,
            })}
      </p>
      <p>{t('projections.skipMeans')}</p>
    </ConfirmDialog>
  );
}

function RollBackDialog({ projection, upkeep, onClose }: OneProps) {
  const { name, activeTables, previousTables } = projection;
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={t('projections.rollBackQuestion', { name: modelWords(name), tables: previousTables ?? '' })}
      confirm={t('projections.rollBackTo', { tables: previousTables ?? '' })}
      icon={<IconArrowBackUp size={14} />}
      onConfirm={() => upkeep.attempt('rollBackProjection', (platform) => platform.rollBackProjection(name))}
      testId="confirm-roll-back"
    >
      <p>{rich('projections.rollBackMeans', { tables: <strong>{previousTables}</strong> })}</p>
      <p>{rich('projections.rollBackKeeps', { tables: <strong>{activeTables}</strong> })}</p>
    </ConfirmDialog>
  );
}

function ResetDialog({ projection, upkeep, onClose }: OneProps) {
  const { name, rows, head, previousTables } = projection;
  const what = { name: modelWords(name), rows: strongRows(rows), events: t('projections.nEvents', { count: head }) };
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={t('projections.resetQuestion', { name: modelWords(name) })}
      confirm={t('projections.throwAway', { count: rows })}
      icon={<IconTrash size={14} />}
      danger
      typed={{ text: rows, label: t('projections.typeRows', { rows: grouped(rows) }) }}
      onConfirm={() => upkeep.reset(name)}
      testId="confirm-reset"
    >
      <p>
        {previousTables === null
          ? rich('projections.resetMeans', what)
          : rich('projections.resetMeansFormer', { ...what, previousTables })}
      </p>
      <p>{t('projections.rebuildInstead')}</p>
    </ConfirmDialog>
  );
}

function SwapDialog({ projection, upkeep, onClose }: OneProps) {
  const report = projection.lastRebuild?.report ?? null;
  const { name } = projection;
  const rows = report?.differingRows ?? '0';
  const violated = report?.violationCount ?? '0';
  const what = { count: rows, name: modelWords(name), rows: strongRows(rows) };
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={t('projections.swapQuestion', { name: modelWords(name) })}
      confirm={t('projections.swapAnyway')}
      icon={<IconReplace size={14} />}
      danger
      onConfirm={() => upkeep.rebuild(name, { acceptDifferences: true, resume: true, keep: true })}
      testId="confirm-swap"
    >
      <p>
        {violated === '0'
          ? rich('projections.swapMeans', what)
          : rich('projections.swapMeansViolating', {
              ...what,
              violated: <strong>{t('projections.nViolated', { count: violated })}</strong>,
            })}
      </p>
      <p>{t('projections.swapWhen')}</p>
    </ConfirmDialog>
  );
}

function ReleaseDialog({ projection, upkeep, onClose, stream }: OneProps & { stream: string }) {
  const { name } = projection;
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={t('projections.releaseQuestion', { stream })}
      confirm={t('projections.release')}
      onConfirm={() => upkeep.attempt('releaseStream', (platform) => platform.releaseStream(name, stream))}
      testId="confirm-release"
    >
      <p>{rich('projections.releaseMeans', { name: modelWords(name), stream: <strong>{stream}</strong> })}</p>
    </ConfirmDialog>
  );
}
