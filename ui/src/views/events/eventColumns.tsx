import { perLanguage, t } from '../../i18n';
import { StreamName, Time } from '../../shared/bits';
import { grouped, withShortIds } from '../../shared/format';
import type { Column } from '../../shared/grid/VirtualGrid';
import { SchemaBadge } from './EventDetail';
import s from './EventsView.module.css';
import type { ListedEvent } from './useEventQuery';

/** Begins the ids of columns that are paths, so that none is taken for one of the list's own. */
const PATH = '/';

/** A column that shows the value at a path exactly; where an event has none, the cell is empty. */
export function pathColumn(path: string): Column<ListedEvent> {
  return {
    id: `${PATH}${path}`,
    header: (
      <span className="mono" title={path}>
        {path}
      </span>
    ),
    title: path,
    width: 'minmax(90px, 150px)',
    render: ({ values }) => {
      const value = values?.[path] ?? null;
      return value === null ? null : (
        <span className="mono" title={value}>
          {value}
        </span>
      );
    },
  };
}

export const eventColumns = perLanguage((): readonly Column<ListedEvent>[] => [
  {
    id: 'position',
    header: t('events.position'),
    width: '92px',
    align: 'end',
    render: (row) => <span className="mono faint">{grouped(row.position)}</span>,
  },
  { id: 'time', header: t('events.time'), width: '212px', from: 940, render: (row) => <Time value={row.recordedAt} /> },
  {
    id: 'stream',
    header: t('events.stream'),
    width: 'minmax(120px, 190px)',
    render: (row) => <StreamName stream={row.stream} />,
  },
  {
    id: 'version',
    header: t('events.ver'),
    title: t('events.versionHeader'),
    width: '56px',
    align: 'end',
    from: 560,
    render: (row) => <span className="mono dim">{grouped(row.version)}</span>,
  },
  {
    id: 'type',
    header: t('events.type'),
    width: 'minmax(150px, 210px)',
    render: (row) => (
      <span className={s.type}>
        <span className="cut">{row.eventType}</span>
        <SchemaBadge version={row.schemaVersion} />
      </span>
    ),
  },
  {
    id: 'sentence',
    header: t('events.whatHappened'),
    width: 'minmax(160px, 1fr)',
    from: 660,
    render: (row) =>
      row.problem === null ? (
        <span className="dim" title={row.sentence ?? undefined}>
          {withShortIds(row.sentence ?? '')}
        </span>
      ) : (
        <span className={s.problem} title={row.problem}>
          {row.problem}
        </span>
      ),
  },
  {
    id: 'actor',
    header: t('events.actor'),
    width: '128px',
    from: 1080,
    render: (row) => <span className="faint">{row.actor}</span>,
  },
]);
