import { useSettings } from '../../app/settings';
import { named, t } from '../../i18n';
import type { TransferStory } from '../../platform/wire';
import { categoryColour } from '../../shared/bits';
import { elapsed } from '../../shared/elapsed';
import { categoryOf, eventWords, stateWords, timeParts } from '../../shared/format';
import { type DrawnStep, layoutStory, STORY, type StoryLayout } from './layout';
import s from './StoryDrawing.module.css';
import { inFlight, laneTitles, marks, moneyText, waited, waitsFor } from './words';

const cut = (text: string, most: number) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);
const AFTER = STORY.width - STORY.after + 12;

/** One transfer, drawn once: lanes side by side, its steps from above. The table beneath it says the same in words. */
export function StoryDrawing({ story }: { story: TransferStory }) {
  const layout = layoutStory(story);
  const { zone } = useSettings();
  return (
    <svg
      className={s.drawing}
      viewBox={`0 0 ${STORY.width} ${layout.height}`}
      role="img"
      aria-label={t('story.storyOfTransferDrawnTheTableBelow', { transferId: story.transferId })}
      data-testid="story-drawing"
    >
      <Lanes story={story} layout={layout} />
      {layout.steps.map((drawn) => (
        <Wait key={`wait-${drawn.step.event.position}`} drawn={drawn} />
      ))}
      {layout.steps.map((drawn) => (
        <Arrow key={`arrow-${drawn.step.event.position}`} drawn={drawn} from={fromOf(layout, drawn)} />
      ))}
      {layout.steps.map((drawn) => (
        <Step key={drawn.step.event.position} drawn={drawn} zone={zone} />
      ))}
      {story.waits !== null && layout.waits !== null && (
        <g className={story.waits.stuck === null ? s.waiting : s.stuck}>
          <line className={s.waitLine} x1={STORY.time} x2={STORY.width} y1={layout.waits} y2={layout.waits} />
          <text x={STORY.time} y={layout.waits - 5}>
            {cut(
              t('story.forNow', { waitedMicros: elapsed(story.waits.waitedMicros), waits: waitsFor(story.waits) }),
              150,
            )}
          </text>
        </g>
      )}
    </svg>
  );
}

function fromOf(layout: StoryLayout, drawn: DrawnStep): DrawnStep | undefined {
  return drawn.step.from === null ? undefined : layout.steps[drawn.step.from];
}

function Lanes({ story, layout }: { story: TransferStory; layout: StoryLayout }) {
  const bottom = layout.height - STORY.foot + 8;
  return (
    <>
      {story.lanes.map((lane, index) => (
        <g key={`${lane.kind}-${lane.stream}`}>
          <text className={s.lane} x={layout.lanes[index]} y={20} textAnchor="middle">
            {laneTitles()[lane.kind]}
          </text>
          <text className={s.stream} x={layout.lanes[index]} y={37} textAnchor="middle">
            {cut(lane.stream, 30)}
          </text>
          <line className={s.lifeline} x1={layout.lanes[index]} x2={layout.lanes[index]} y1={46} y2={bottom} />
        </g>
      ))}
      <text className={s.lane} x={AFTER} y={20}>
        {t('story.afterwards')}
      </text>
      <text className={s.stream} x={AFTER} y={37}>
        {t('story.stateInFlight')}
      </text>
      <line className={s.edge} x1={AFTER - 12} x2={AFTER - 12} y1={8} y2={bottom} />
    </>
  );
}

function Wait({ drawn: { step, wait } }: { drawn: DrawnStep }) {
  if (wait === null) return null;
  return (
    <g className={s.waiting}>
      <line className={s.waitLine} x1={STORY.time} x2={AFTER - 12} y1={wait} y2={wait} />
      <text x={STORY.time} y={wait - 5}>
        {waited(step.waitedMicros)}
      </text>
    </g>
  );
}

/** From the lane that a step follows from to its own. */
function Arrow({ drawn, from }: { drawn: DrawnStep; from: DrawnStep | undefined }) {
  if (from === undefined || from.x === drawn.x) return null;
  const right = drawn.x > from.x;
  const half = STORY.node.width / 2;
  const x1 = from.x + (right ? half : -half);
  const x2 = drawn.x + (right ? -half : half);
  const y1 = from.y + 8;
  const y2 = drawn.y;
  const bend = x1 + (right ? 14 : -14);
  // Into transit, and out of it; the other arrows are commands and answers.
  const money =
    from.step.event.eventType === 'TransferDebited' ||
    ['TransferCredited', 'TransferDebitReturned'].includes(drawn.step.event.eventType);
  return (
    <g className={money ? s.money : s.call}>
      <path d={`M${x1} ${y1}H${bend}V${y2}H${x2}`} />
      <path
        d={
          right
            ? `M${x2 - 7} ${y2 - 4}L${x2} ${y2}L${x2 - 7} ${y2 + 4}`
            : `M${x2 + 7} ${y2 - 4}L${x2} ${y2}L${x2 + 7} ${y2 + 4}`
        }
      />
    </g>
  );
}

function Step({ drawn, zone }: { drawn: DrawnStep; zone: Parameters<typeof timeParts>[1] }) {
  const { step, x, y, index, wait } = drawn;
  const { width, height } = STORY.node;
  const mark = marks()[step.mark];
  const [left, top] = [x - width / 2, y - height / 2];
  const parts = timeParts(step.event.recordedAt, zone);
  const flying = inFlight(step);
  const second =
    step.account === null ? by(step) : t('story.availableMoney', { available: moneyText(step.account.available) });
  return (
    <g className={mark === null ? s.plain : s[mark.tone]} data-testid="story-step" data-mark={step.mark}>
      <title>{step.event.sentence ?? step.event.eventType}</title>
      {(index === 0 || wait !== null) && (
        <text className={s.time} x={STORY.time - 12} y={y - 4} textAnchor="end">
          {parts.date}
        </text>
      )}
      <text className={s.time} x={STORY.time - 12} y={y + 10} textAnchor="end">
        {parts.time}
      </text>
      <rect className={s.frame} x={left} y={top} width={width} height={height} rx={6} />
      <rect
        x={left}
        y={top + 6}
        width={4}
        height={height - 12}
        rx={2}
        style={{ fill: categoryColour(categoryOf(step.event.stream)) }}
      />
      <text className={s.name} x={left + 12} y={y - 3}>
        {mark !== null && `${mark.sign} `}
        {cut(eventWords(step.event.eventType), 29)}
      </text>
      <text className={s.detail} x={left + 12} y={y + 11}>
        {cut(second, 34)}
      </text>
      <text className={s.status} x={AFTER} y={y - 3}>
        {stateWords(step.status)}
      </text>
      <text className={flying === null ? s.detail : s.flying} x={AFTER} y={y + 12}>
        {cut(
          [
            flying ?? t('story.nothingInFlight'),
            ...step.balances.map(({ title, balance }) => `${title} ${moneyText(balance)}`),
          ].join(' · '),
          38,
        )}
      </text>
    </g>
  );
}

function by({ byPerson, event, hold }: TransferStory['steps'][number]): string {
  if (byPerson && event.actor !== null) return t('story.by', { actor: event.actor });
  return hold === 'none' ? t('story.byTheProcess') : t('story.holdIs', { hold: named('shared.status.', hold) });
}
