import { Button } from '@mantine/core';
import { IconTerminal2 } from '@tabler/icons-react';
import { useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { OUTCOMES, type Place, places } from '../../app/place';
import { go } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import type { CommandHistoryEntry, CommandInfo } from '../../platform/wire';
import { Chip, EmptyState, ErrorState, StreamName, Time } from '../../shared/bits';
import { Facet } from '../../shared/Facet';
import { plural } from '../../shared/format';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { SearchField } from '../../shared/SearchField';
import { againPayload } from './again';
import { HistoryPanel } from './HistoryPanel';
import s from './HistoryTab.module.css';
import { gist, OUTCOME_WORDS } from './outcomeWords';

type HistoryPlace = Extract<Place, { view: 'commands'; tab: 'history' }>;

const columns: readonly Column<CommandHistoryEntry>[] = [
  { id: 'time', header: 'Sent', width: '168px', render: (row) => <Time value={row.sentAt} short /> },
  {
    id: 'outcome',
    header: 'Outcome',
    width: '112px',
    render: (row) => (
      <Chip tone={OUTCOME_WORDS[row.outcome].tone} dot>
        {OUTCOME_WORDS[row.outcome].word}
      </Chip>
    ),
  },
  {
    id: 'command',
    header: 'Command',
    width: '170px',
    render: (row) => <span className={`cut ${s.strong}`}>{row.commandType}</span>,
  },
  { id: 'gist', header: 'What came of it', width: 'minmax(140px, 1fr)', render: (row) => gist(row) },
  {
    id: 'stream',
    header: 'Stream',
    width: '168px',
    from: 760,
    render: (row) => (row.stream === null ? <span className="faint">–</span> : <StreamName stream={row.stream} />),
  },
  { id: 'actor', header: 'Actor', width: '104px', from: 640, render: (row) => row.actor },
];

/** Commands that were issued here, whatever came of them. */
export function HistoryTab({ commands, place }: { commands: readonly CommandInfo[]; place: HistoryPlace }) {
  const platform = usePlatform();
  const { search, outcomes } = place;
  const source = useRowSource<CommandHistoryEntry>(
    `commandHistory ${search ?? ''} ${outcomes.join()}`,
    async (first, count) => {
      const page = await platform.commandHistory({ text: search, outcomes, offset: Number(first), limit: count });
      return { rows: page.entries, total: BigInt(page.total) };
    },
    useBeat('commandHistory'),
  );
  const onWindow = useWindowOf(source);
  const { total, error } = source;
  const narrowed = search !== null || outcomes.length > 0;
  let chosen: CommandHistoryEntry | null = null;
  for (let row = 0n; row < (total ?? 0n) && place.attempt !== null && chosen === null; row += 1n) {
    const entry = source.row(row);
    if (entry?.attempt === place.attempt) chosen = entry;
  }
  const again = (entry: CommandHistoryEntry) => {
    const command = commands.find((one) => one.commandType === entry.commandType);
    if (command === undefined) return;
    go(places.commands(entry.commandType, againPayload(command.schema, entry.payload)));
  };
  return (
    <SplitView
      label="Issued command"
      detail={
        place.attempt === null ? null : (
          <HistoryPanel
            entry={chosen}
            known={commands.some((one) => one.commandType === chosen?.commandType)}
            onAgain={again}
            onClose={() => go({ ...place, attempt: null }, 'replace')}
          />
        )
      }
    >
      <div className={s.bar}>
        <SearchField
          main
          label="Search the history"
          placeholder="Command, actor, stream, payload…"
          width={260}
          value={search}
          onChange={(text) => go({ ...place, search: text, attempt: null }, 'replace')}
          testId="history-search"
        />
        <Facet
          label="Outcome"
          options={OUTCOMES.map((value) => ({ value, label: OUTCOME_WORDS[value].word }))}
          chosen={outcomes}
          onChange={(next) =>
            go({ ...place, outcomes: OUTCOMES.filter((one) => next.includes(one)), attempt: null }, 'replace')
          }
          testId="history-outcome"
        />
        <span className={s.spacer} />
        <span className="dim tabular" data-testid="history-count">
          {total === null ? '' : plural(String(total), 'command')}
        </span>
      </div>
      {error !== null ? (
        <ErrorState error={error} onRetry={() => source.retry()} />
      ) : total === 0n ? (
        <EmptyState
          icon={<IconTerminal2 size={28} stroke={1.4} />}
          title={narrowed ? 'No command like this' : 'No command was issued here yet'}
          action={
            narrowed ? (
              <Button onClick={() => go(places.commandHistory(), 'replace')}>Show all</Button>
            ) : (
              <Button onClick={() => go(places.commands())}>Issue a command</Button>
            )
          }
        >
          What is issued with this installation is kept with its outcome, also what is refused. Personal data are not.
        </EmptyState>
      ) : (
        <VirtualGrid<CommandHistoryEntry>
          label="Issued commands"
          columns={columns}
          rows={total ?? 24n}
          rowAt={(index) => source.row(index)}
          rowId={(row) => row.attempt}
          rowProps={(row) => ({ 'data-testid': 'history-row', 'data-outcome': row.outcome })}
          onWindow={onWindow}
          origin={source}
          selected={place.attempt}
          onSelect={(row) => go({ ...place, attempt: row.attempt }, 'replace')}
          onOpen={again}
        />
      )}
    </SplitView>
  );
}
