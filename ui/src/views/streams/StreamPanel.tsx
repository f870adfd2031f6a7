import { ActionIcon, Button } from '@mantine/core';
import { IconHistory, IconListDetails, IconX } from '@tabler/icons-react';
import { useAsk } from '../../app/cache';
import { useShownAt } from '../../app/clock/ClockContext';
import { places } from '../../app/place';
import { go } from '../../app/router';
import { rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import { Bones, CopyButton, ErrorState, StreamName, Time } from '../../shared/bits';
import { JsonTree } from '../../shared/tree/JsonTree';
import s from './StreamsView.module.css';

/** The selected stream: where it stands now. */
export function StreamPanel({ stream, onClose }: { stream: string; onClose: () => void }) {
  const past = useShownAt() !== null;
  const page = useAsk(
    'streams',
    ['one', stream],
    (platform) => platform.streams({ category: null, search: stream, order: 'name', offset: 0, limit: 50 }),
    { keep: true },
  );
  const row = page.data?.streams.find((one) => one.stream === stream) ?? null;
  const state = useAsk(
    'stateAt',
    [stream, row?.version, null],
    (platform) => platform.stateAt(stream, row?.version ?? '0', null),
    { enabled: row !== null, keep: true },
  );
  return (
    <div className={s.panel}>
      <div className={s.panelBar}>
        <h2>
          <StreamName stream={stream} />
        </h2>
        <CopyButton text={stream} label={t('streams.copyTheStreamsName')} />
        <span className={s.spacer} />
        <ActionIcon data-close-panel aria-label={t('streams.closeThePanel')} onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <div className={s.panelHead}>
        {row !== null && (
          <p className="dim">
            {rich('streams.theLastOneAt', {
              events: t('shared.nEvents', { count: row.version }),
              lastEventType: <strong>{row.lastEventType}</strong>,
              lastRecordedAt: <Time value={row.lastRecordedAt} />,
            })}
          </p>
        )}
        <div className={s.actions}>
          <Button
            leftSection={<IconListDetails size={14} />}
            onClick={() => go(places.events({ stream }))}
            data-testid="stream-events"
          >
            {t('streams.events')}
          </Button>
          <Button
            leftSection={<IconHistory size={14} />}
            onClick={() => go(places.time(stream))}
            data-testid="stream-time"
          >
            {t('streams.timeTravel')}
          </Button>
        </div>
      </div>
      <div className={s.panelBody}>
        {page.isError ? (
          <ErrorState error={toAppError(page.error)} onRetry={() => void page.refetch()} />
        ) : state.isError ? (
          <ErrorState error={toAppError(state.error)} onRetry={() => void state.refetch()} />
        ) : state.data === undefined ? (
          <Bones lines={8} label={t('streams.foldingTheState')} />
        ) : (
          <>
            <h3 className={s.section}>
              {t('streams.stateWhatTheLastEventChangedIs', {
                value: past ? t('streams.atTheMoment') : t('streams.now'),
              })}
            </h3>
            <JsonTree nodes={state.data.nodes} label={t('streams.stateOf', { stream })} testId="stream-state" />
          </>
        )}
      </div>
    </div>
  );
}
