import { Button } from '@mantine/core';
import { IconTerminal2 } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { OUTCOMES, type Place, places } from '../../app/place';
import { go } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import { perLanguage, t } from '../../i18n';
import type { CommandHistoryEntry, CommandInfo } from '../../platform/wire';
import { Chip, EmptyState, ErrorState, StreamName, Time } from '../../shared/bits';
import { Facet } from '../../shared/Facet';

import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { SearchField } from '../../shared/SearchField';
import { againPayload } from './again';
import { ClearHistory } from './ClearHistory';
import { HistoryPanel } from './HistoryPanel';
import s from './HistoryTab.module.css';
import { endedAs, gist, outcomeWord, toneOf } from './outcomeWords';

type HistoryPlace = Extract<Place, { view: 'commands'; tab: 'history' }>;

const columns = perLanguage((): readonly Column<CommandHistoryEntry>[] => [
  { id: 'time', header: t('commands.sent'), width: '168px', render: (row) => <Time value={row.sentAt} short /> },
  {
    id: 'outcome',
    header: t('commands.outcome'),
    width: '128px',
    render: (row) => (
      <Chip tone={toneOf(row)} dot>
        {endedAs(row)}
      </Chip>
    ),
  },
  {
    id: 'command',
    header: t('commands.command'),
    width: '170px',
    render: (row) => <span className={`cut ${s.strong}`}>{row.commandType}</span>,
  },
  { id: 'gist', header: t('commands.whatCame'), width: 'minmax(140px, 1fr)', render: (row) => gist(row) },
  {
    id: 'stream',
    header: t('commands.stream'),
    width: '168px',
    from: 760,
    render: (row) => (row.stream === null ? <span className="faint">–</span> : <StreamName stream={row.stream} />),
  },
  {
    id: 'actor',
    header: t('commands.actor'),
    width: '150px',
    from: 640,
    render: (row) => (
      <span className="cut">
        {row.actor}
        {row.origin === 'commandLine' && <span className="faint"> · {t('commands.commandLine')}</span>}
      </span>
    ),
  },
]);

/** How often it is looked whether the command line has issued something: it tells this window nothing. */
const OTHERS_MILLISECONDS = 5000;

function useTick(milliseconds: number): number {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    const timer = window.setInterval(() => setTick((last) => last + 1), milliseconds);
    return () => window.clearInterval(timer);
  }, [milliseconds]);
  return tick;
}

/** Commands that were issued here, whatever came of them. */
export function HistoryTab({ commands, place }: { commands: readonly CommandInfo[]; place: HistoryPlace }) {
  const platform = usePlatform();
  const { search, outcomes } = place;
  const source = useRowSource<CommandHistoryEntry>(
    JSON.stringify(['commandHistory', search, outcomes]),
    async (first, count) => {
      const page = await platform.commandHistory({ text: search, outcomes, offset: Number(first), limit: count });
      return { rows: page.entries, total: BigInt(page.total) };
    },
    `${useBeat('commandHistory')} ${useTick(OTHERS_MILLISECONDS)}`,
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
      label={t('commands.issuedCommand')}
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
          label={t('commands.searchHistory')}
          placeholder={t('commands.searchHistoryHint')}
          width={260}
          value={search}
          onChange={(text) => go({ ...place, search: text, attempt: null }, 'replace')}
          testId="history-search"
        />
        <Facet
          label={t('commands.outcome')}
          options={OUTCOMES.map((value) => ({ value, label: outcomeWord(value) }))}
          chosen={outcomes}
          onChange={(next) =>
            go({ ...place, outcomes: OUTCOMES.filter((one) => next.includes(one)), attempt: null }, 'replace')
          }
          testId="history-outcome"
        />
        <span className={s.spacer} />
        <span className="dim tabular" data-testid="history-count">
          {total === null ? '' : t('commands.nCommands', { count: String(total) })}
        </span>
        {((total ?? 0n) > 0n || narrowed) && <ClearHistory />}
      </div>
      {error !== null ? (
        <ErrorState error={error} onRetry={() => source.retry()} />
      ) : total === 0n ? (
        <EmptyState
          icon={<IconTerminal2 size={28} stroke={1.4} />}
          title={narrowed ? t('commands.noneLikeThis') : t('commands.noneIssued')}
          action={
            narrowed ? (
              <Button onClick={() => go(places.commandHistory(), 'replace')}>{t('commands.showAll')}</Button>
            ) : (
              <Button onClick={() => go(places.commands())}>{t('commands.issue')}</Button>
            )
          }
        >
          {t('commands.historyMeans')}
        </EmptyState>
      ) : (
        <VirtualGrid<CommandHistoryEntry>
          label={t('commands.issuedCommands')}
          columns={columns()}
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
