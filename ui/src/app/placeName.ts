// What a place is called in a list of places: its title, and what distinguishes it from others of that title.
import { named, t } from '../i18n';
import { grouped } from '../shared/format';
import { type EventFilter, type Place, titleOf } from './place';

export interface PlaceName {
  title: string;
  /** Empty for the plain view. */
  about: string;
}

const listed = (parts: readonly (string | null | false)[]): string =>
  parts.filter((part) => part !== null && part !== false && part !== '').join(' · ');
const quoted = (text: string | null): string | null => (text === null ? null : `“${text}”`);
const event = (position: string | null): string | null => (position === null ? null : `#${grouped(position)}`);

export function placeName(place: Place): PlaceName {
  return { title: titleOf(place), about: about(place) };
}

function about(place: Place): string {
  switch (place.view) {
    case 'bank':
      return ofBank(place);
    case 'events':
      return listed([ofFilter(place.filter), event(place.event)]);
    case 'streams':
      return listed([place.category, quoted(place.search), place.stream]);
    case 'time':
      return listed([
        place.stream,
        place.version !== null && t('app.version2', { version: grouped(place.version) }),
        place.compare !== null && t('app.comparedWith', { compare: grouped(place.compare) }),
        place.open.tool === 'bisect' &&
          place.open.condition !== null &&
          t('app.firstWhere', { condition: place.open.condition }),
        place.open.tool === 'field' && place.open.field,
        place.lanes?.streams.join(', ') ?? null,
      ]);
    case 'whatIf':
      return listed([place.stream, place.version !== null && t('app.version2', { version: grouped(place.version) })]);
    case 'commands':
      return ofCommands(place);
    case 'projections':
      return place.projection ?? '';
    case 'processes':
      return listed([place.process, place.show !== 'stuck' && t(`app.show.${place.show}`), place.instance]);
    case 'maintenance':
      return place.purpose === 'scavenge' ? t('app.purpose.scavenge') : '';
    case 'connections':
      return place.tab === 'list'
        ? place.edit === 'new'
          ? t('app.aNewOne')
          : ''
        : t(`app.connectionsTab.${place.tab}`);
    case 'causes':
      return listed([event(place.event), place.command !== null && t('app.command2', { command: place.command })]);
    case 'story':
      return place.transfer ?? '';
    case 'stage':
      return place.tab === 'scenes' ? '' : t('stage.steps');
    case 'welcome':
    case 'evidence':
    case 'notebook':
      return '';
  }
}

function ofCommands(place: Extract<Place, { view: 'commands' }>): string {
  switch (place.tab) {
    case 'form':
      return listed([place.command, place.prefill !== null && t('app.filledIn'), quoted(place.search)]);
    case 'history':
      return listed([place.outcomes.map((outcome) => t(`app.outcome.${outcome}`)).join(', '), quoted(place.search)]);
    case 'theatre':
      return listed([...new Set([place.first, place.second])]);
  }
}

function ofFilter(filter: EventFilter): string {
  return listed([
    filter.stream,
    filter.streams.join(', '),
    filter.about !== null && t('app.about', { about: filter.about }),
    filter.prefix !== null && `${filter.prefix}…`,
    filter.categories.join(', '),
    filter.types.join(', '),
    filter.correlation !== null && t('app.oneStory'),
    filter.actor,
    quoted(filter.contains),
    filter.condition,
    filter.after !== null && t('app.afterPosition', { after: grouped(filter.after) }),
    filter.through !== null && t('app.upTo', { through: grouped(filter.through) }),
    filter.from !== null && t('app.from', { from: filter.from }),
    filter.until !== null && t('app.until', { until: filter.until }),
  ]);
}

function ofBank(place: Extract<Place, { view: 'bank' }>): string {
  switch (place.tab) {
    case 'accounts':
      return listed([quoted(place.search), place.account]);
    case 'account':
      return listed([place.account, event(place.event)]);
    case 'transfers':
      return listed([place.status && named('shared.status.', place.status), place.account, place.transfer]);
    case 'customers':
      return listed([quoted(place.search), place.customer]);
    case 'holds':
      return listed([place.status && named('shared.status.', place.status), place.account, event(place.hold)]);
    case 'orders':
      return place.order ?? '';
    case 'activity':
      return listed([place.from, place.through, place.currency, event(place.event)]);
    case 'limits':
      return listed([place.day, place.account]);
    case 'audit':
      return listed([place.actor, event(place.event)]);
    case 'trial-balance':
      return '';
  }
}
