import { ActionIcon, Button } from '@mantine/core';
import { IconHistory, IconListDetails, IconRepeat, IconX } from '@tabler/icons-react';
import { places } from '../../app/place';
import { go } from '../../app/router';
import type { CommandHistoryEntry } from '../../platform/wire';
import { Bones, Chip, IdText, Pair, Pairs, StreamName, Time } from '../../shared/bits';
import { prettyJson } from '../../shared/form/layoutJson';
import { grouped } from '../../shared/format';
import s from './HistoryTab.module.css';
import { Details } from './Outcome';
import { gist, OUTCOME_WORDS } from './outcomeWords';

interface HistoryPanelProps {
  entry: CommandHistoryEntry | null;
  /** Whether this version of the program still has the command. */
  known: boolean;
  onAgain: (entry: CommandHistoryEntry) => void;
  onClose: () => void;
}

/** One issued command: what was asked, what came of it, and how to go on from there. */
export function HistoryPanel({ entry, known, onAgain, onClose }: HistoryPanelProps) {
  return (
    <div className={s.panel} data-testid="history-panel">
      <div className={s.panelBar}>
        <h2>{entry?.commandType ?? 'Issued command'}</h2>
        {entry !== null && (
          <Chip tone={OUTCOME_WORDS[entry.outcome].tone} dot>
            {OUTCOME_WORDS[entry.outcome].word}
          </Chip>
        )}
        <span className={s.spacer} />
        <ActionIcon data-close-panel aria-label="Close the panel" onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      {entry === null ? (
        <Bones lines={6} label="Loading the command" />
      ) : (
        <div className={s.panelBody}>
          <p className="selectable">
            {gist(entry)} {entry.code !== null && <code className={s.code}>{entry.code}</code>}
          </p>
          {entry.outcome === 'unknown' && (
            <p className="dim">Whether it was carried out is not known here. Its events tell, if there are any.</p>
          )}
          <Details details={entry.details} />
          <div className={s.actions}>
            <Button
              leftSection={<IconRepeat size={14} />}
              disabled={!known || entry.payload === null}
              onClick={() => onAgain(entry)}
              data-testid="history-again"
            >
              Same again
            </Button>
            {entry.position !== null && (
              <Button leftSection={<IconListDetails size={14} />} onClick={() => go(places.events({}, entry.position))}>
                Event #{grouped(entry.position)}
              </Button>
            )}
            {entry.stream !== null && (
              <Button
                leftSection={<IconHistory size={14} />}
                onClick={() => entry.stream !== null && go(places.time(entry.stream))}
              >
                Time travel
              </Button>
            )}
          </div>
          <Pairs>
            <Pair name="Sent">
              <Time value={entry.sentAt} />
            </Pair>
            <Pair name="Actor">{entry.actor}</Pair>
            {entry.reason !== null && <Pair name="Reason">{entry.reason}</Pair>}
            {entry.stream !== null && (
              <Pair name="Stream">
                <StreamName stream={entry.stream} link />
              </Pair>
            )}
            {entry.expectedVersion !== null && <Pair name="Expected version">{grouped(entry.expectedVersion)}</Pair>}
            <Pair name="Command id">
              <IdText id={entry.commandId} label="the command’s id" />
            </Pair>
          </Pairs>
          <h3 className={s.section}>Payload</h3>
          {entry.payload === null ? (
            <p className="dim">It was too long to be kept, or no JSON.</p>
          ) : (
            <pre className={`mono ${s.payload}`}>{prettyJson(entry.payload)}</pre>
          )}
          {entry.withheld.length > 0 && (
            <p className="dim" data-testid="history-withheld">
              Personal data are not kept here: {entry.withheld.join(', ')}.
            </p>
          )}
        </div>
      )}
    </div>
  );
}
