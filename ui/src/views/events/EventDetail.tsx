import { ActionIcon, Button, Menu, Tabs } from '@mantine/core';
import {
  IconArrowBackUp,
  IconBraces,
  IconDots,
  IconHistory,
  IconId,
  IconTopologyRing2,
  IconX,
} from '@tabler/icons-react';
import { useState } from 'react';
import { useAsk } from '../../app/cache';
import { places } from '../../app/place';
import { go, PlaceLink } from '../../app/router';
import { toAppError } from '../../platform/platform';
import type { EventDetail as Detail, EventRow } from '../../platform/wire';
import { Bones, Chip, copyText, ErrorState, IdText, Pair, Pairs, StreamName, Time } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { JsonTree } from '../../shared/tree/JsonTree';
import s from './EventDetail.module.css';

type TabName = 'data' | 'state' | 'metadata' | 'raw' | 'about';

/** The tab that was looked at last: going from event to event keeps it. */
let lastTab: TabName = 'data';

export function EventDetailPanel({ position, onClose }: { position: string; onClose?: () => void }) {
  const detail = useAsk('eventDetail', [position], (platform) => platform.eventDetail(position), { keep: true });
  if (detail.isError) {
    return (
      <div className={s.panel}>
        <div className={s.bar}>
          <span className="dim">Event {grouped(position)}</span>
          {onClose !== undefined && <CloseButton onClose={onClose} />}
        </div>
        <ErrorState error={toAppError(detail.error)} onRetry={() => void detail.refetch()} />
      </div>
    );
  }
  if (detail.data === undefined) return <Bones lines={10} label="Loading the event" />;
  return <Panel detail={detail.data} onClose={onClose} />;
}

function CloseButton({ onClose }: { onClose: () => void }) {
  return (
    <ActionIcon aria-label="Close the panel" onClick={onClose} data-testid="close-detail">
      <IconX size={16} />
    </ActionIcon>
  );
}

function Panel({ detail, onClose }: { detail: Detail; onClose: (() => void) | undefined }) {
  const [tab, setTab] = useState<TabName>(lastTab);
  const { row } = detail;
  const changed = detail.state?.changedPaths.length ?? 0;
  const choose = (name: string | null) => {
    lastTab = (name ?? 'data') as TabName;
    setTab(lastTab);
  };
  return (
    <div className={s.panel}>
      <div className={s.bar}>
        <span className={`${s.position} mono tabular`}>#{grouped(row.position)}</span>
        <Time value={row.recordedAt} />
        <span className={s.spacer} />
        <MoreMenu detail={detail} />
        {onClose !== undefined && <CloseButton onClose={onClose} />}
      </div>
      <div className={s.head}>
        <div className={s.type}>
          <h2 data-testid="detail-type">{row.eventType}</h2>
          <SchemaBadge version={row.schemaVersion} />
          {detail.upcast.length > 1 && <Chip tone="info">upcast</Chip>}
        </div>
        <p className={`${s.sentence} selectable`} data-testid="detail-sentence">
          {row.sentence ?? row.problem ?? 'No sentence for this type of event.'}
        </p>
        <div className={s.place}>
          <StreamName stream={row.stream} link />
          <span className="faint">version {grouped(row.version)}</span>
        </div>
        <div className={s.actions}>
          <Button
            size="compact-xs"
            leftSection={<IconHistory size={14} />}
            onClick={() => go(places.time(row.stream, row.version))}
            data-testid="to-time-travel"
          >
            State here
          </Button>
          {row.correlationId !== null && (
            <Button
              size="compact-xs"
              leftSection={<IconTopologyRing2 size={14} />}
              onClick={() => go(places.events({ correlation: row.correlationId }, row.position, 'oldest'))}
              data-testid="to-correlation"
            >
              Whole story
            </Button>
          )}
          {detail.causationPosition !== null && (
            <Button
              size="compact-xs"
              leftSection={<IconArrowBackUp size={14} />}
              onClick={() => go(places.events({}, detail.causationPosition))}
              data-testid="to-cause"
            >
              Cause
            </Button>
          )}
        </div>
      </div>
      {row.problem !== null && (
        <div className={s.problem} role="alert">
          {row.problem}
        </div>
      )}
      <Tabs value={tab} onChange={choose} className={s.tabs ?? ''} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="data">Data</Tabs.Tab>
          <Tabs.Tab value="state">State{changed > 0 && <span className={s.count}>{changed}</span>}</Tabs.Tab>
          <Tabs.Tab value="metadata">Metadata</Tabs.Tab>
          <Tabs.Tab value="raw">Raw</Tabs.Tab>
          <Tabs.Tab value="about">Identity</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="data" className={s.body ?? ''}>
          <JsonTree
            nodes={detail.data}
            label="Data of the event"
            testId="event-data"
            empty="This event carries no data."
          />
        </Tabs.Panel>
        <Tabs.Panel value="state" className={s.body ?? ''}>
          <StateTab detail={detail} />
        </Tabs.Panel>
        <Tabs.Panel value="metadata" className={s.body ?? ''}>
          <JsonTree nodes={detail.metadata} label="Metadata of the event" testId="event-metadata" />
        </Tabs.Panel>
        <Tabs.Panel value="raw" className={s.body ?? ''}>
          <RawTab detail={detail} />
        </Tabs.Panel>
        <Tabs.Panel value="about" className={s.body ?? ''}>
          <AboutTab detail={detail} />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}

export function SchemaBadge({ version }: { version: EventRow['schemaVersion'] }) {
  return (
    <span className={s.schema} title={`Schema version ${version}, as stored`}>
      v{version}
    </span>
  );
}

function MoreMenu({ detail }: { detail: Detail }) {
  return (
    <Menu position="bottom-end" width={210}>
      <Menu.Target>
        <ActionIcon aria-label="Copy from this event">
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconBraces size={15} />} onClick={() => void copyText(detail.raw)}>
          Copy the stored JSON
        </Menu.Item>
        <Menu.Item leftSection={<IconId size={15} />} onClick={() => void copyText(detail.eventId)}>
          Copy the event’s id
        </Menu.Item>
        <Menu.Item leftSection={<IconId size={15} />} onClick={() => void copyText(detail.row.position)}>
          Copy the position
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function StateTab({ detail }: { detail: Detail }) {
  const { state } = detail;
  if (state === null) return <p className={s.note}>No aggregate is known for this category, so there is no state.</p>;
  return (
    <>
      {state.problem !== null && (
        <div className={s.problem} role="alert">
          {state.problem}
        </div>
      )}
      <p className={s.note}>After version {grouped(state.version)}; what this event changed is tinted.</p>
      <JsonTree nodes={state.nodes} label="State after the event" testId="event-state" />
    </>
  );
}

function RawTab({ detail }: { detail: Detail }) {
  return (
    <div className={s.raw}>
      <div className={s.step}>
        <h3>
          Stored bytes <span className="faint tabular">{grouped(detail.rawBytes)} B</span>
        </h3>
        <pre className="mono">{detail.raw}</pre>
      </div>
      {detail.upcast.slice(1).map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps are known by their order alone
        <div key={index} className={s.step}>
          <h3>{step.description ?? 'As stored'}</h3>
          {step.dropped !== null && <p className={s.note}>Dropped: {step.dropped}</p>}
          {step.events.map((event) => (
            <div key={`${event.eventType}-${event.schemaVersion}`}>
              <p className={s.stepType}>
                {event.eventType} <SchemaBadge version={event.schemaVersion} />
              </p>
              <pre className="mono">{event.payload}</pre>
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}

function AboutTab({ detail }: { detail: Detail }) {
  const { row } = detail;
  return (
    <div className={s.about}>
      <Pairs>
        <Pair name="Event id">
          <IdText id={detail.eventId} label="the event’s id" />
        </Pair>
        <Pair name="Actor">{row.actor ?? <span className="faint">unknown</span>}</Pair>
        <Pair name="Correlation">
          {row.correlationId === null ? (
            <span className="faint">none</span>
          ) : (
            <IdText id={row.correlationId} label="the correlation id" />
          )}
        </Pair>
        <Pair name="Cause">
          {detail.causationId === null ? (
            <span className="faint">none</span>
          ) : detail.causationPosition === null ? (
            <IdText id={detail.causationId} label="the cause’s id" />
          ) : (
            <PlaceLink to={places.events({}, detail.causationPosition)}>
              event #{grouped(detail.causationPosition)}
            </PlaceLink>
          )}
        </Pair>
        <Pair name="Content hash">
          <IdText id={detail.contentHash} label="the content hash" />
        </Pair>
        <Pair name="Chain hash">
          {detail.chainHash === null ? (
            <span className="faint">none</span>
          ) : (
            <IdText id={detail.chainHash} label="the chain hash" />
          )}
        </Pair>
      </Pairs>
    </div>
  );
}
