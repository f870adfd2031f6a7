import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { t } from '../../i18n';
import type { StoryStep, TransferStory } from '../../platform/wire';
import { Chip, Time } from '../../shared/bits';
import { eventWords, stateWords } from '../../shared/format';
import s from './StoryView.module.css';
import { inFlight, laneTitles, marks, moneyText, waited } from './words';

/** What the drawing says, as a table. */
export function StoryTable({ story }: { story: TransferStory }) {
  return (
    <table className={s.table} data-testid="story-table">
      <caption>{t('story.everyStepWithWhereTheTransferStood')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('story.recorded')}</th>
          <th scope="col">{t('story.where')}</th>
          <th scope="col">{t('story.whatHappened')}</th>
          <th scope="col">{t('story.transfer')}</th>
          <th scope="col">{t('story.inFlight')}</th>
          <th scope="col">{t('story.account')}</th>
        </tr>
      </thead>
      <tbody>
        {story.steps.map((step) => (
          <Row key={step.event.position} step={step} story={story} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ step, story }: { step: StoryStep; story: TransferStory }) {
  const lane = story.lanes[step.lane];
  const mark = marks()[step.mark];
  const pause = waited(step.waitedMicros);
  return (
    <tr data-testid="story-row" data-mark={step.mark}>
      <td>
        <Time value={step.event.recordedAt} short />
        {pause !== null && <span className={s.pause}>{pause}</span>}
      </td>
      <td>{lane === undefined ? '' : laneTitles()[lane.kind]}</td>
      <td>
        <PlaceLink to={{ ...places.events({}, step.event.position), panel: 'causes' }}>
          {eventWords(step.event.eventType)}
        </PlaceLink>{' '}
        {mark !== null && <Chip tone={mark.tone}>{mark.title}</Chip>}
        <span className={s.sentence}>{step.event.sentence ?? step.event.problem}</span>
        {step.byPerson && (
          <span className={s.sentence}>
            {t('story.decidedBy', { actor: step.event.actor ?? t('story.somebody') })}
            {step.reason !== null && `: ${step.reason}`}
          </span>
        )}
      </td>
      <td>{stateWords(step.status)}</td>
      <td className={s.amount}>
        {inFlight(step) ?? <span className="faint">{t('story.nothing')}</span>}
        {step.balances.map(({ account, title, balance }) => (
          <span key={`${account}-${balance.currency}`} className={s.sentence}>
            {title} {moneyText(balance)}
          </span>
        ))}
      </td>
      <td className={s.amount}>
        {step.account === null ? (
          <span className="faint">–</span>
        ) : (
          <>
            {moneyText(step.account.settled)}
            <span className={s.sentence}>
              {step.account.held.minor === '0'
                ? t('story.availableMoney', { available: moneyText(step.account.available) })
                : t('story.heldAndAvailable', {
                    held: moneyText(step.account.held),
                    available: moneyText(step.account.available),
                  })}
            </span>
          </>
        )}
      </td>
    </tr>
  );
}
