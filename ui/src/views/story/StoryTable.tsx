import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import type { StoryStep, TransferStory } from '../../platform/wire';
import { Chip, Time } from '../../shared/bits';
import { words } from '../../shared/format';
import s from './StoryView.module.css';
import { inFlight, LANE_TITLES, MARKS, moneyText, statusWords, waited } from './words';

/** What the drawing says, as a table. */
export function StoryTable({ story }: { story: TransferStory }) {
  return (
    <table className={s.table} data-testid="story-table">
      <caption>Every step with where the transfer stood, and the money, afterwards</caption>
      <thead>
        <tr>
          <th scope="col">Recorded</th>
          <th scope="col">Where</th>
          <th scope="col">What happened</th>
          <th scope="col">Transfer</th>
          <th scope="col">In flight</th>
          <th scope="col">Account</th>
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
  const mark = MARKS[step.mark];
  const pause = waited(step.waitedMicros);
  return (
    <tr data-testid="story-row" data-mark={step.mark}>
      <td>
        <Time value={step.event.recordedAt} short />
        {pause !== null && <span className={s.pause}>{pause}</span>}
      </td>
      <td>{lane === undefined ? '' : LANE_TITLES[lane.kind]}</td>
      <td>
        <PlaceLink to={{ ...places.events({}, step.event.position), panel: 'causes' }}>
          {words(step.event.eventType)}
        </PlaceLink>{' '}
        {mark !== null && <Chip tone={mark.tone}>{mark.title}</Chip>}
        <span className={s.sentence}>{step.event.sentence ?? step.event.problem}</span>
        {step.byPerson && (
          <span className={s.sentence}>
            Decided by {step.event.actor ?? 'somebody'}
            {step.reason !== null && `: ${step.reason}`}
          </span>
        )}
      </td>
      <td>{statusWords(step.status)}</td>
      <td className={s.amount}>
        {inFlight(step) ?? <span className="faint">nothing</span>}
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
              {step.account.held.minor !== '0' && `held ${moneyText(step.account.held)}, `}
              available {moneyText(step.account.available)}
            </span>
          </>
        )}
      </td>
    </tr>
  );
}
