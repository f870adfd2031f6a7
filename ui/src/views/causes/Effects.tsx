import { formatPlace, places } from '../../app/place';
import { t } from '../../i18n';
import type { CauseGraph } from '../../platform/wire';
import { elapsed } from '../../shared/elapsed';
import { grouped } from '../../shared/format';
import s from './Effects.module.css';

/** What the event that a drawing is about led to, at a glance: how much, how far, how long, and of which types. */
export function Effects({ graph }: { graph: CauseGraph }) {
  const first = graph.focus === null ? null : (graph.nodes[graph.focus]?.first ?? null);
  if (first === null) return null;
  const { events, direct, steps, streams, spanMicros, types, furtherTypes } = graph.effects;
  const about = { type: first.eventType, position: grouped(first.position) };
  if (events === 0) {
    return (
      <p className={s.effects} data-testid="causes-effects">
        {t('causes.ledToNothing', about)}
      </p>
    );
  }
  const facts = [
    t('causes.directly', { count: direct }),
    t('causes.stepsAway', { count: steps }),
    t('causes.inStreams', { count: streams }),
    ...(spanMicros === null || spanMicros === '0' ? [] : [t('causes.within', { time: elapsed(spanMicros) })]),
  ];
  const of = (type: string) => places.events({ correlation: graph.correlationId, types: [type] }, null, 'oldest');
  return (
    <section className={s.effects} aria-label={t('causes.effects')} data-testid="causes-effects">
      <p className={s.told}>
        <strong>{t(graph.complete ? 'causes.ledTo' : 'causes.ledToAtLeast', { ...about, count: events })}</strong>
        <span className="dim">{facts.join(' · ')}</span>
      </p>
      <ul className={s.types}>
        {types.map(({ eventType, count }) => (
          <li key={eventType}>
            <a href={formatPlace(of(eventType))} title={t('causes.listTheType', { type: eventType })}>
              <span className={s.count}>{grouped(String(count))}</span> {eventType}
            </a>
          </li>
        ))}
        {furtherTypes > 0 && <li className="dim">{t('causes.furtherTypes', { count: furtherTypes })}</li>}
      </ul>
    </section>
  );
}
