// What the palette offers beside the fixed actions: what is in the store, where one was, and what the typed text itself names.
import { t } from '../i18n';
import type { CommandInfo, ConnectionRow, ProjectionStatus } from '../platform/wire';
import { allZones, isZone } from '../shared/zones';
import { ACTIONS, type Action, type ActionContext, GROUPS, type Group, groupTitle } from './actions';
import { showMoment } from './clock/stepClock';
import { COLUMNS, toggleColumn } from './columns';
import { fuzzyScore } from './fuzzy';
import { intend } from './intent';
import { type Place, places } from './place';
import { placeName } from './placeName';
import { go } from './router';
import { changeSettings, currentSettings } from './settings';

export interface PaletteData {
  commands: readonly CommandInfo[];
  connections: readonly ConnectionRow[];
  projections: readonly ProjectionStatus[];
  recent: readonly Place[];
  openLink: (text: string) => void;
}

type Entry = Pick<Action, 'id' | 'title' | 'about' | 'run'>;

const of = (group: Group, entries: readonly Entry[]): Action[] =>
  entries.map((entry) => ({ ...entry, group, where: 'everywhere' }));

function ofCommands(commands: readonly CommandInfo[]): Action[] {
  return of(
    'commands',
    commands.map(({ commandType, title }) => ({
      id: `command-${commandType}`,
      title,
      about: t('app.command', { commandType }),
      run: () => go(places.commands(commandType)),
    })),
  );
}

function ofConnections(connections: readonly ConnectionRow[]): Action[] {
  return connections.map(({ id, name, backend, marks, open }) => ({
    id: `connection-${id}`,
    title: t('app.switchTo', { name }),
    about: [t('app.connection'), backend, marks.environment].filter(Boolean).join(' · '),
    group: 'connections',
    where: 'everywhere',
    refusal: () => (open ? t('app.itIsOpenAlready') : null),
    run: ({ stores }) => stores.connect(id),
  }));
}

function ofProjections(projections: readonly ProjectionStatus[]): Action[] {
  return projections.flatMap(({ name, task }): Action[] => {
    const refusal = ({ store }: ActionContext) =>
      task !== null ? t('app.itIsWorkedOnNow') : store?.readOnly === true ? t('app.theStoreIsReadOnly') : null;
    const to = () => go(places.projections(name));
    return [
      ...of('upkeep', [
        { id: `projection-${name}`, title: t('app.readModel', { name }), about: t('app.healthAndFindings'), run: to },
      ]),
      ...of('upkeep', [
        {
          id: `examine-${name}`,
          title: t('app.examine', { name }),
          about: t('app.doctorComparesItWithAFreshReplay'),
          run: () => {
            intend({ kind: 'examine', projection: name });
            to();
          },
        },
      ]),
      ...of('upkeep', [
        {
          id: `rebuild-${name}`,
          title: t('app.rebuild', { name }),
          about: t('app.besideThePresentOneWhichStaysUntil'),
          run: () => {
            intend({ kind: 'rebuild', projection: name });
            to();
          },
        },
      ]).map((action) => ({ ...action, refusal })),
    ];
  });
}

function ofRecent(recent: readonly Place[]): Action[] {
  return of(
    'recent',
    recent.map((place, index) => {
      const { title, about } = placeName(place);
      return {
        id: `recent-${index}`,
        title: about === '' ? title : `${title}: ${about}`,
        about: t('app.recently'),
        run: () => go(place),
      };
    }),
  );
}

function ofColumns({ place }: ActionContext): Action[] {
  const grid = COLUMNS[place.view];
  if (grid === undefined) return [];
  const hidden = currentSettings().hiddenColumns[place.view] ?? [];
  return of(
    'look',
    grid.map(({ id, title }) => ({
      id: `column-${id}`,
      title: hidden.includes(id) ? t('app.showTheColumn', { title }) : t('app.hideTheColumn', { title }),
      run: () => toggleColumn(place.view, id),
    })),
  );
}

/** Zones are many: they come up when one is asked for. */
function ofZones(query: string): Action[] {
  const text = query.toLowerCase().replaceAll(' ', '_');
  const asked = text.length < 3 ? [] : allZones().filter((name) => name.toLowerCase().includes(text));
  return of(
    'zones',
    ['local', 'utc', ...asked.slice(0, 12)].filter(isZone).map((zone) => ({
      id: `zone-${zone}`,
      title:
        zone === 'local'
          ? t('app.timesInLocalTime')
          : zone === 'utc'
            ? t('app.timesInUtc')
            : t('app.timesIn', { zone }),
      about: t('app.timeZone'),
      run: () => changeSettings({ zone }),
    })),
  );
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What the typed text itself may name. */
function typed(query: string, { openLink }: PaletteData): Action[] {
  if (query === '') return [];
  if (/^ledgerscope:/i.test(query))
    return of('goTo', [{ id: 'typed-link', title: t('app.openThisLink'), about: query, run: () => openLink(query) }]);
  const entries: Entry[] = [];
  const position = query.replace(/^#/, '');
  if (/^[1-9]\d{0,18}$/.test(position)) {
    entries.push({
      id: 'typed-position',
      title: t('app.eventAtPosition', { query }),
      run: () => go(places.events({}, position)),
    });
    entries.push({
      id: 'typed-causes',
      title: t('app.causesOfTheEventAtPositionAsAGraph', { query }),
      run: () => go(places.causes(position)),
    });
    entries.push({
      id: 'typed-moment',
      title: t('app.everythingAsOfPosition', { query }),
      run: () => showMoment(position),
    });
  }
  const transfer = /^(?:transfer-)?(T-\S+)$/i.exec(query)?.[1];
  if (transfer !== undefined) {
    entries.push({
      id: 'typed-story',
      title: t('app.storyOfTransfer', { transfer }),
      run: () => go(places.story(transfer)),
    });
  }
  if (UUID.test(query)) {
    entries.push({
      id: 'typed-command',
      title: t('app.causesWhatTheCommandWithThisIdLed'),
      run: () => go(places.causes(null, query.toLowerCase())),
    });
  }
  if (/^[a-z]+-\S+$/i.test(query) && !UUID.test(query)) {
    entries.push(
      { id: 'typed-stream', title: t('app.eventsOf', { query }), run: () => go(places.events({ stream: query })) },
      { id: 'typed-time', title: t('app.timeTravelThrough', { query }), run: () => go(places.time(query)) },
    );
  }
  entries.push({
    id: 'typed-streams',
    title: t('app.streamsNamedLike', { query }),
    run: () => go(places.streams(null, query)),
  });
  return of('goTo', entries);
}

/** The heading of what cannot be done now; each says why. */
export const NOT_NOW = 'notNow';

export interface PaletteGroup {
  group: Group | typeof NOT_NOW;
  actions: Action[];
}

/**
 * What answers a query, best first, under its headings. Without a query everything is there, in the order of the
 * headings, and what is refused now comes last.
 */
export function paletteGroups(query: string, context: ActionContext, data: PaletteData): PaletteGroup[] {
  const text = query.trim();
  const scored = [
    ...ofRecent(data.recent),
    ...ACTIONS(),
    ...ofColumns(context),
    ...ofCommands(data.commands),
    ...ofConnections(data.connections),
    ...ofProjections(data.projections),
    ...ofZones(text),
  ]
    .map((action) => ({
      action,
      score: fuzzyScore(text, action.title, `${action.about ?? ''} ${groupTitle(action.group)}`),
    }))
    .filter(({ score }) => score > 0);
  const own = typed(text, data).map((action) => ({ action, score: action.id === 'typed-streams' ? 1 : 200 }));
  const all = text === '' ? scored : [...scored, ...own].sort((a, b) => b.score - a.score);
  const order = text === '' ? GROUPS : [...new Set(all.map(({ action }) => action.group))];
  // Who has typed wants just this; who has not is shown what can be done first.
  const refused = (action: Action) => text === '' && (action.refusal?.(context) ?? null) !== null;
  const actions = all.map(({ action }) => action);
  const groups: PaletteGroup[] = order.map((group) => ({
    group,
    actions: actions.filter((action) => action.group === group && !refused(action)),
  }));
  groups.push({ group: NOT_NOW, actions: actions.filter(refused) });
  return groups.filter((group) => group.actions.length > 0);
}
