import { ActionIcon, Button } from '@mantine/core';
import { IconArrowNarrowRight, IconHistory, IconListDetails, IconTopologyRing2, IconX } from '@tabler/icons-react';
import { useAsk } from '../../app/cache';
import { places } from '../../app/place';
import { go, PlaceLink } from '../../app/router';
import { toAppError } from '../../platform/platform';
import type { TransferRow } from '../../platform/wire';
import { Bones, ErrorState, Money, Time } from '../../shared/bits';
import { JsonTree } from '../../shared/tree/JsonTree';
import s from './BankView.module.css';
import { TransferChip } from './TransfersList';

/** One transfer: what was asked, where it stands, and the steps that its own stream recorded. */
export function TransferPanel({
  transfer,
  row,
  onClose,
}: {
  transfer: string;
  row: TransferRow | null;
  onClose: () => void;
}) {
  const stream = row?.stream ?? `transfer-${transfer}`;
  const steps = useAsk('timeline', [stream, '0', 100], (platform) => platform.timeline(stream, '0', 100));
  const last = steps.data?.at(-1)?.version ?? null;
  const state = useAsk('stateAt', [stream, last, null], (platform) => platform.stateAt(stream, last ?? '0', null), {
    enabled: last !== null,
    keep: true,
  });
  const correlation = state.data?.event?.correlationId ?? null;

  return (
    <div className={s.panel}>
      <div className={s.panelBar}>
        <h2 className="mono">{transfer}</h2>
        {row !== null && <TransferChip status={row.status} />}
        <span className={s.spacer} />
        <ActionIcon aria-label="Close the panel" onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <div className={s.panelBody}>
        {row !== null && (
          <div className={s.route}>
            <PlaceLink to={places.account(row.source)} className="link mono">
              {row.source}
            </PlaceLink>
            <span className={s.routeArrow}>
              <Money value={row.amount} strong />
              <IconArrowNarrowRight size={18} stroke={1.5} aria-hidden="true" />
            </span>
            <PlaceLink to={places.account(row.target)} className="link mono">
              {row.target}
            </PlaceLink>
          </div>
        )}
        {row?.reason != null && <p className={s.reason}>{row.reason}</p>}
        <div className={s.actions}>
          <Button
            leftSection={<IconTopologyRing2 size={14} />}
            disabled={correlation === null}
            onClick={() => go(places.events({ correlation }, null, 'oldest'))}
            data-testid="transfer-story"
          >
            Whole story
          </Button>
          <Button
            leftSection={<IconListDetails size={14} />}
            onClick={() => go(places.events({ stream }, null, 'oldest'))}
          >
            Events
          </Button>
          <Button leftSection={<IconHistory size={14} />} onClick={() => go(places.time(stream))}>
            Time travel
          </Button>
        </div>
        <h3 className={s.section}>Steps</h3>
        {steps.isError ? (
          <ErrorState error={toAppError(steps.error)} onRetry={() => void steps.refetch()} />
        ) : steps.data === undefined ? (
          <Bones lines={6} />
        ) : (
          <ol className={s.steps}>
            {steps.data.map((step) => (
              <li key={step.version}>
                <PlaceLink to={places.time(stream, step.version)} className={s.step ?? ''}>
                  <span className={s.stepDot} aria-hidden="true" />
                  <span className="cut">{step.eventType}</span>
                  <Time value={step.recordedAt} />
                </PlaceLink>
              </li>
            ))}
          </ol>
        )}
        {state.data !== undefined && (
          <>
            <h3 className={s.section}>State</h3>
            <div className={s.flush}>
              <JsonTree nodes={state.data.nodes} label="State of the transfer" />
            </div>
          </>
        )}
      </div>
    </div>
  );
}
