import { Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useLayoutEffect, useMemo, useState } from 'react';
import { t } from '../i18n';
import { toAppError } from '../platform/platform';
import { Kbd } from '../shared/bits';
import { type Action, type ActionContext, groupTitle } from './actions';
import { useAsk } from './cache';
import { keyCaps, perform } from './keys';
import { follow } from './links';
import { showError } from './notify';
import s from './Palette.module.css';
import { usePlatform } from './PlatformContext';
import { NOT_NOW, paletteGroups } from './paletteActions';
import { recentPlaces } from './recent';
import { VIEWS } from './views';

/** Most that is listed at once. */
const SHOWN = 200;

/** Everything that one can go to or do, by typing. */
export function Palette({ context }: { context: ActionContext }) {
  const platform = usePlatform();
  const [query, setQuery] = useState('');
  const [opened, setOpened] = useState(false);
  const enabled = opened && context.store !== null;
  const connections = useAsk('connections', [], (ask) => ask.connections(), { keep: true });
  const commands = useAsk('commands', [], (ask) => ask.commands(), { enabled: context.store !== null });
  const projections = useAsk('projections', [], (ask) => ask.projections(), { enabled });
  const { place, store } = context;

  // biome-ignore lint/correctness/useExhaustiveDependencies: what can be done is looked up anew whenever the palette opens
  const groups = useMemo(() => {
    if (!opened) return [];
    return paletteGroups(query, context, {
      commands: commands.data ?? [],
      connections: connections.data?.connections ?? [],
      projections: projections.data ?? [],
      recent: store === null ? [] : recentPlaces(store.link, place),
      openLink: (text) =>
        void platform
          .readLink(text)
          .then((link) => follow(link, context.stores))
          .catch((thrown: unknown) => showError(toAppError(thrown))),
    });
  }, [opened, query, place, store, commands.data, connections.data, projections.data]);

  const shown: SpotlightActionGroupData[] = groups.map(({ group, actions }) => ({
    group: group === NOT_NOW ? t('app.notNow') : groupTitle(group),
    actions: actions.map((action) => {
      const reason = action.refusal?.(context) ?? null;
      return {
        id: action.id,
        label: action.title,
        ...(reason !== null
          ? { description: reason }
          : action.about === undefined
            ? {}
            : { description: action.about }),
        'aria-disabled': reason !== null,
        className: reason === null ? '' : (s.refused ?? ''),
        leftSection: <Sign action={action} />,
        rightSection: <Caps action={action} />,
        // Done once the palette has gone, so that the focus is where the action looks for it.
        onClick: () => window.setTimeout(() => perform(action, context)),
      };
    }),
  }));

  // Another query brings another order: what is chosen is the best answer, not the one that was best before.
  useLayoutEffect(() => {
    const listed = document.querySelectorAll('[role="dialog"] [data-action]');
    for (const one of listed) one.removeAttribute('data-selected');
    if (query !== '') listed[0]?.setAttribute('data-selected', 'true');
  }, [query]);

  return (
    <Spotlight
      actions={shown}
      query={query}
      onQueryChange={setQuery}
      onSpotlightOpen={() => setOpened(true)}
      onSpotlightClose={() => {
        setOpened(false);
        // Whoever opens it again at once begins anew.
        setQuery('');
      }}
      filter={(_, actions) => actions}
      nothingFound={t('app.nothingByThatNameTypeAPositionA')}
      highlightQuery
      limit={SHOWN}
      scrollable
      maxHeight={460}
      shortcut={null}
      transitionProps={{ duration: 100 }}
      overlayProps={{ blur: 0, backgroundOpacity: 0.35 }}
      attributes={{ content: { 'aria-label': t('app.goToOrDo') } }}
      yOffset="14vh"
      searchProps={{
        leftSection: <IconSearch size={16} stroke={1.7} />,
        placeholder: t('app.goToAViewAStreamAPositionDo'),
        'aria-label': t('app.goToOrDo'),
      }}
    />
  );
}

function Sign({ action }: { action: Action }) {
  const view = VIEWS.find(({ name }) => action.id === `view-${name}`);
  return view === undefined ? <span className={s.noSign} /> : <view.icon size={16} stroke={1.7} />;
}

function Caps({ action }: { action: Action }) {
  const [keys] = action.keys ?? [];
  if (keys === undefined) return null;
  return (
    <span className={s.caps}>
      {keyCaps(keys).map((cap) => (
        <Kbd key={cap}>{cap}</Kbd>
      ))}
    </span>
  );
}
