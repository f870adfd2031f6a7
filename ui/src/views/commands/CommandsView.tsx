import { IconTerminal2 } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useMemo, useRef } from 'react';
import { useAsk } from '../../app/cache';
import { type Place, places } from '../../app/place';
import { go, PlaceLink, usePlaceOf } from '../../app/router';
import { midSentence, perLanguage, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { CommandInfo } from '../../platform/wire';
import { Bones, CategoryDot, EmptyState, ErrorState } from '../../shared/bits';
import { categoryWords } from '../../shared/format';
import { SearchField } from '../../shared/SearchField';
import { type Tab, TabBar } from '../../shared/TabBar';
import { CommandForm } from './CommandForm';
import s from './CommandsView.module.css';
import { HistoryTab } from './HistoryTab';
import { TheatreTab } from './TheatreTab';

type FormPlace = Extract<Place, { view: 'commands'; tab: 'form' }>;

const tabs = perLanguage((): readonly Tab[] => [
  { id: 'form', title: t('commands.issue'), to: () => places.commands() },
  { id: 'history', title: t('commands.history'), to: () => places.commandHistory() },
  { id: 'theatre', title: t('commands.twoAtOnce'), to: () => places.theatre() },
]);

export function CommandsView({ readOnly }: { readOnly: boolean }) {
  const place = usePlaceOf('commands');
  const commands = useAsk('commands', [], (platform) => platform.commands());
  if (commands.isError)
    return <ErrorState error={toAppError(commands.error)} onRetry={() => void commands.refetch()} />;
  if (commands.data === undefined) return <Bones lines={14} label={t('commands.loadingCommands')} />;
  return (
    <>
      <TabBar label={t('commands.parts')} tabs={tabs()} current={place.tab} prefix="commands" />
      {place.tab === 'form' && <Desk commands={commands.data} place={place} readOnly={readOnly} />}
      {place.tab === 'history' && <HistoryTab commands={commands.data} place={place} />}
      {place.tab === 'theatre' && <TheatreTab commands={commands.data} place={place} readOnly={readOnly} />}
    </>
  );
}

interface DeskProps {
  commands: readonly CommandInfo[];
  place: FormPlace;
  readOnly: boolean;
}

function Desk({ commands, place, readOnly }: DeskProps) {
  const chosen = commands.find((command) => command.commandType === place.command) ?? null;
  return (
    <div className={s.view}>
      <CommandList commands={commands} place={place} />
      {chosen !== null ? (
        <CommandForm
          key={`${chosen.commandType} ${place.prefill}`}
          command={chosen}
          prefill={place.prefill}
          readOnly={readOnly}
        />
      ) : place.command !== null ? (
        <EmptyState title={t('commands.noSuchCommand', { command: place.command })}>
          {t('commands.chooseFromList')}
        </EmptyState>
      ) : (
        <EmptyState icon={<IconTerminal2 size={28} stroke={1.4} />} title={t('commands.chooseCommand')}>
          {t('commands.chooseMeans')}
        </EmptyState>
      )}
    </div>
  );
}

function CommandList({ commands, place }: { commands: readonly CommandInfo[]; place: FormPlace }) {
  const { command: chosen, search } = place;
  const groups = useMemo(() => {
    const text = search?.toLowerCase() ?? '';
    const byCategory = new Map<string, CommandInfo[]>();
    for (const command of commands) {
      if (!`${command.commandType} ${command.title} ${command.category}`.toLowerCase().includes(text)) continue;
      const group = byCategory.get(command.category);
      if (group === undefined) byCategory.set(command.category, [command]);
      else group.push(command);
    }
    return [...byCategory];
  }, [commands, search]);

  // There are many: they are one stop for Tab, so that the form is the next one, and the arrows move among them.
  const shown = groups.flatMap(([, group]) => group.map((command) => command.commandType));
  const stop = chosen !== null && shown.includes(chosen) ? chosen : shown[0];
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const links = [...event.currentTarget.querySelectorAll<HTMLElement>('a')];
    const at = links.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    links[Math.min(Math.max(next, 0), links.length - 1)]?.focus();
  };

  const list = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: shown when another one is chosen, not while somebody scrolls
  useEffect(() => {
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);

  return (
    <nav className={s.list} aria-label={t('commands.commands')} ref={list}>
      <div className={s.listSearch}>
        <SearchField
          main
          label={t('commands.searchCommands')}
          placeholder={t('commands.searchCommandsHint')}
          value={search}
          onChange={(text) => go({ ...place, search: text }, 'replace')}
          testId="command-search"
        />
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: only the arrows, on the links within */}
      <div className={s.groups} onKeyDown={onKeyDown}>
        {groups.map(([category, group]) => (
          <section key={category} aria-label={midSentence(categoryWords(category))}>
            <h2>
              <CategoryDot category={category} /> {midSentence(categoryWords(category))}
            </h2>
            <ul>
              {group.map((command) => (
                <li key={command.commandType}>
                  <PlaceLink
                    to={places.commands(command.commandType, null, search)}
                    className={`${s.command} ${command.commandType === chosen ? s.chosen : ''}`}
                    aria-current={command.commandType === chosen ? 'true' : undefined}
                    tabIndex={command.commandType === stop ? 0 : -1}
                    title={command.description}
                    data-testid={`command-${command.commandType}`}
                  >
                    {command.title}
                  </PlaceLink>
                </li>
              ))}
            </ul>
          </section>
        ))}
        {groups.length === 0 && <p className={s.none}>{t('commands.noneByThatName')}</p>}
      </div>
    </nav>
  );
}
