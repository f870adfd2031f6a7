import { ActionIcon, Button } from '@mantine/core';
import { IconHistory, IconListDetails, IconRepeat, IconX } from '@tabler/icons-react';
import { places } from '../../app/place';
import { go } from '../../app/router';
import { t } from '../../i18n';
import type { CommandHistoryEntry } from '../../platform/wire';
import { Bones, Chip, IdText, Pair, Pairs, StreamName, Time } from '../../shared/bits';
import { prettyJson } from '../../shared/form/layoutJson';
import { grouped } from '../../shared/format';
import s from './HistoryTab.module.css';
import { Details } from './Outcome';
import { endedAs, gist, toneOf } from './outcomeWords';

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
        <h2>{entry?.commandType ?? t('commands.issuedCommand')}</h2>
        {entry !== null && (
          <Chip tone={toneOf(entry)} dot>
            {endedAs(entry)}
          </Chip>
        )}
        <span className={s.spacer} />
        <ActionIcon data-close-panel aria-label={t('commands.closePanel')} onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      {entry === null ? (
        <Bones lines={6} label={t('commands.loadingCommand')} />
      ) : (
        <div className={s.panelBody}>
          <p className="selectable">
            {gist(entry)} {entry.code !== null && <code className={s.code}>{entry.code}</code>}
          </p>
          {entry.outcome === 'unknown' && <p className="dim">{t('commands.unknownMeans')}</p>}
          <Details details={entry.details} />
          <div className={s.actions}>
            <Button
              leftSection={<IconRepeat size={14} />}
              disabled={!known || entry.payload === null}
              onClick={() => onAgain(entry)}
              data-testid="history-again"
            >
              {t('commands.sameAgain')}
            </Button>
            {entry.position !== null && (
              <Button leftSection={<IconListDetails size={14} />} onClick={() => go(places.events({}, entry.position))}>
                {t('commands.eventAt', { position: grouped(entry.position) })}
              </Button>
            )}
            {entry.stream !== null && (
              <Button
                leftSection={<IconHistory size={14} />}
                onClick={() => entry.stream !== null && go(places.time(entry.stream))}
              >
                {t('commands.timeTravel')}
              </Button>
            )}
          </div>
          <Pairs>
            <Pair name={t('commands.sent')}>
              <Time value={entry.sentAt} />
            </Pair>
            <Pair name={t('commands.actor')}>{entry.actor}</Pair>
            <Pair name={t('commands.origin')}>{t(`commands.origin_${entry.origin}`)}</Pair>
            {entry.reason !== null && <Pair name={t('commands.reason')}>{entry.reason}</Pair>}
            {entry.stream !== null && (
              <Pair name={t('commands.stream')}>
                <StreamName stream={entry.stream} link />
              </Pair>
            )}
            {entry.expectedVersion !== null && (
              <Pair name={t('commands.expectedVersion')}>{grouped(entry.expectedVersion)}</Pair>
            )}
            <Pair name={t('commands.commandId')}>
              <IdText id={entry.commandId} label={t('commands.theCommandId')} />
            </Pair>
          </Pairs>
          <h3 className={s.section}>{t('commands.payload')}</h3>
          {entry.payload === null ? (
            <p className="dim">{t('commands.payloadNotKept')}</p>
          ) : (
            <pre className={`mono ${s.payload}`}>{prettyJson(entry.payload)}</pre>
          )}
          {entry.withheld.length > 0 && (
            <p className="dim" data-testid="history-withheld">
              {t('commands.withheld', { fields: entry.withheld.join(', ') })}
            </p>
          )}
        </div>
      )}
    </div>
  );
}
