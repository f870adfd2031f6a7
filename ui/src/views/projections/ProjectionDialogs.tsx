import { Checkbox } from '@mantine/core';
import { IconArrowBackUp, IconHammer, IconPlayerSkipForward, IconReplace, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { ProjectionStatus } from '../../platform/wire';
import { ConfirmDialog } from '../../shared/ConfirmDialog';
import { grouped, plural, words } from '../../shared/format';
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

function RebuildDialog({ projection, upkeep, onClose, resume }: OneProps & { resume: boolean }) {
  const [keep, setKeep] = useState(true);
  const { name, head, rows, halfBuiltTables } = projection;
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={resume ? `Go on with the rebuild of “${words(name)}”?` : `Rebuild “${words(name)}”?`}
      confirm={resume ? 'Go on' : `Rebuild from ${plural(head, 'event')}`}
      icon={<IconHammer size={14} />}
      onConfirm={() => upkeep.rebuild(name, { acceptDifferences: false, resume, keep })}
      testId="confirm-rebuild"
    >
      {resume ? (
        <p>
          The half-built tables <strong>{halfBuiltTables}</strong> are filled up to the log’s end, if nothing was
          decided about their events since; otherwise they are built anew.
        </p>
      ) : (
        <p>
          All <strong>{plural(head, 'event')}</strong> are read again into new tables beside the present ones
          {halfBuiltTables === null ? '' : ` (the half-built ${halfBuiltTables} are thrown away)`}.
        </p>
      )}
      <p>
        The present <strong>{plural(rows, 'row')}</strong> stay in use until the new ones are complete and verified:
        rows, checksums, invariants, and each row against the present one. If they differ, nothing is swapped until you
        say so. No command is executed and no event is written.
      </p>
      <Checkbox
        mt={12}
        label="Keep what is built if it is stopped or refused"
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
      title={`Skip event #${grouped(position)} in “${words(name)}”?`}
      confirm={`Skip #${grouped(position)}`}
      icon={<IconPlayerSkipForward size={14} />}
      danger
      asksReason
      onConfirm={(by) => upkeep.attempt('skipEvent', (platform) => platform.skipEvent({ name, position, ...by }))}
      testId="confirm-skip"
    >
      <p>
        “{words(name)}” will never contain event <strong>#{grouped(position)}</strong>
        {problem === null ? '' : `, which it cannot apply: ${problem}`}.
      </p>
      <p>
        The decision is written into the log and holds for every later rebuild. It cannot be taken back. The event
        itself stays, and other read models apply it.
      </p>
    </ConfirmDialog>
  );
}

function RollBackDialog({ projection, upkeep, onClose }: OneProps) {
  const { name, activeTables, previousTables } = projection;
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Roll “${words(name)}” back to ${previousTables ?? ''}?`}
      confirm={`Roll back to ${previousTables ?? ''}`}
      icon={<IconArrowBackUp size={14} />}
      onConfirm={() => upkeep.attempt('rollBackProjection', (platform) => platform.rollBackProjection(name))}
      testId="confirm-roll-back"
    >
      <p>
        The tables <strong>{previousTables}</strong>, which the last swap has kept, are in use again at once and catch
        up from where they stand.
      </p>
      <p>
        The present tables <strong>{activeTables}</strong> are kept: rolling back once more undoes it.
      </p>
    </ConfirmDialog>
  );
}

function ResetDialog({ projection, upkeep, onClose }: OneProps) {
  const { name, rows, head, previousTables } = projection;
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Reset “${words(name)}”?`}
      confirm={`Throw away ${plural(rows, 'row')} and rebuild`}
      icon={<IconTrash size={14} />}
      danger
      typed={{ text: rows, label: `Type the number of rows that go: ${grouped(rows)}` }}
      onConfirm={() => upkeep.reset(name)}
      testId="confirm-reset"
    >
      <p>
        All tables of “{words(name)}” are thrown away
        {previousTables === null ? '' : `, also the former ones (${previousTables})`}:{' '}
        <strong>{plural(rows, 'row')}</strong>. Then they are built from all {plural(head, 'event')}. Until that is
        done, whatever reads them has nothing to show.
      </p>
      <p>
        A rebuild comes to the same rows and keeps the present ones in use meanwhile. No event is touched by either.
      </p>
    </ConfirmDialog>
  );
}

function SwapDialog({ projection, upkeep, onClose }: OneProps) {
  const report = projection.lastRebuild?.report ?? null;
  const { name } = projection;
  const rows = report?.differingRows ?? '0';
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Use the rebuilt “${words(name)}” although it differs?`}
      confirm="Swap in anyway"
      icon={<IconReplace size={14} />}
      danger
      onConfirm={() => upkeep.rebuild(name, { acceptDifferences: true, resume: true, keep: true })}
      testId="confirm-swap"
    >
      <p>
        Everything that reads “{words(name)}” will see the rebuilt rows: <strong>{plural(rows, 'row')}</strong>{' '}
        {rows === '1' ? 'differs' : 'differ'} from those in use
        {report !== null && report.violationCount !== '0' && (
          <>
            , and <strong>{plural(report.violationCount, 'invariant is', 'invariants are')}</strong> violated
          </>
        )}
        .
      </p>
      <p>
        That is right if the rows in use are known to be wrong: the events are the truth, and the rebuilt rows are what
        they make today. If a rule of this read model is at fault, leave it. The present tables are kept, so it can be
        rolled back.
      </p>
    </ConfirmDialog>
  );
}

function ReleaseDialog({ projection, upkeep, onClose, stream }: OneProps & { stream: string }) {
  const { name } = projection;
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Apply ${stream} again?`}
      confirm="Release"
      onConfirm={() => upkeep.attempt('releaseStream', (platform) => platform.releaseStream(name, stream))}
      testId="confirm-release"
    >
      <p>
        “{words(name)}” applies the events of <strong>{stream}</strong> that it has left out, in order, and the stream
        takes part again. If one of them still cannot be applied, the stream stays aside from there.
      </p>
    </ConfirmDialog>
  );
}
