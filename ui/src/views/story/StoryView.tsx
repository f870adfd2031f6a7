import { Button, TextInput } from '@mantine/core';
import { IconBook2, IconListDetails, IconPrinter, IconRoute, IconTopologyRing2 } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useAsk } from '../../app/cache';
import { useShownAt } from '../../app/clock/ClockContext';
import { useOffer } from '../../app/offers';
import { places } from '../../app/place';
import { go, PlaceLink, usePlaceOf } from '../../app/router';
import { rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { TransferStory } from '../../platform/wire';
import { Bones, Chip, EmptyState, ErrorState, Money, Pair, Pairs, Time } from '../../shared/bits';
import { elapsed } from '../../shared/elapsed';
import { stateWords } from '../../shared/format';
import { StoryDrawing } from './StoryDrawing';
import { StoryTable } from './StoryTable';
import s from './StoryView.module.css';
import { waitsFor } from './words';

/** What may change without an event: what holds a transfer up, and how long it waits. */
const REFRESH_MILLISECONDS = 5000;

/** The story of one transfer: drawn, and as a table; it can be printed. */
export function StoryView() {
  const { transfer } = usePlaceOf('story');
  const past = useShownAt() !== null;
  const story = useAsk('transferStory', [transfer], (ask) => ask.transferStory(transfer ?? ''), {
    enabled: transfer !== null,
    refetchMilliseconds: past ? false : REFRESH_MILLISECONDS,
  });
  if (transfer === null) return <Choose />;
  if (story.isError) return <ErrorState error={toAppError(story.error)} onRetry={() => void story.refetch()} />;
  if (story.data === undefined) return <Bones lines={14} label={t('story.loadingTheStory')} />;
  return <Story story={story.data} />;
}

function Choose() {
  const [id, setId] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (id.trim() !== '') go(places.story(id.trim()));
  };
  return (
    <EmptyState
      icon={<IconBook2 size={28} stroke={1.4} />}
      title={t('story.whoseStory')}
      action={
        <form onSubmit={submit} className={s.choose}>
          <TextInput
            aria-label={t('story.idOfTheTransfer')}
            placeholder="T-5001"
            value={id}
            onChange={(event) => setId(event.currentTarget.value)}
            data-testid="story-transfer"
          />
          <Button type="submit">{t('story.tellIt')}</Button>
          <Button onClick={() => go(places.transfers())}>{t('story.allTransfers')}</Button>
        </form>
      }
    >
      {t('story.typeTheIdOfATransferOrChooseOneIn')}
    </EmptyState>
  );
}

function Story({ story }: { story: TransferStory }) {
  useOffer('story-print', () => window.print());
  const first = story.steps[0]?.event.position ?? null;
  const source = story.lanes.find((lane) => lane.kind === 'source');
  const target = story.lanes.find((lane) => lane.kind === 'target');
  const accountOf = (stream: string | undefined) => (stream ?? '').replace(/^account-/, '');
  return (
    <div className={s.view}>
      <div className={s.bar}>
        <h2 className={s.title}>
          {rich('story.transfer2', { transferId: <span className="mono">{story.transferId}</span> })}
        </h2>
        <Chip tone={toneOf(story)} dot>
          {stateWords(story.status)}
        </Chip>
        <span className={s.spacer} />
        <Button leftSection={<IconPrinter size={14} />} onClick={() => window.print()} data-testid="story-print">
          {t('story.print')}
        </Button>
        <Button
          leftSection={<IconRoute size={14} />}
          onClick={() => go(places.processes('transfer', 'unfinished', story.stream))}
          data-testid="story-process"
        >
          {t('story.process')}
        </Button>
        <Button
          leftSection={<IconTopologyRing2 size={14} />}
          onClick={() => go(places.causes(first))}
          disabled={first === null}
        >
          {t('story.causes')}
        </Button>
        <Button
          leftSection={<IconListDetails size={14} />}
          onClick={() => go(places.events({ stream: story.stream }, null, 'oldest'))}
        >
          {t('story.events')}
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls takes the focus */}
      <section className={s.page} aria-label={t('story.theStory')} tabIndex={0} data-printed data-testid="story">
        <h3 className={s.printTitle}>{t('story.storyOfTransfer', { transferId: story.transferId })}</h3>
        <Pairs>
          <Pair name={t('story.amount')}>
            <span>
              <Money value={story.amount} strong />
              {story.fee !== null && <> {rich('story.andAFeeOf', { fee: <Money value={story.fee} /> })}</>}
              {story.arriving !== null && rich('story.arrivingAs', { arriving: <Money value={story.arriving} /> })}
            </span>
          </Pair>
          <Pair name={t('story.fromTo')}>
            <span>
              <PlaceLink to={places.account(accountOf(source?.stream))} className="link mono">
                {accountOf(source?.stream)}
              </PlaceLink>
              {' → '}
              <PlaceLink to={places.account(accountOf(target?.stream))} className="link mono">
                {accountOf(target?.stream)}
              </PlaceLink>
            </span>
          </Pair>
          {story.reference.trim() !== '' && <Pair name={t('story.reference')}>{story.reference}</Pair>}
          <Pair name={t('story.askedBy')}>{story.requestedBy}</Pair>
          {story.problem !== null && <Pair name={t('story.problem')}>{story.problem}</Pair>}
        </Pairs>
        {story.waits !== null && (
          <div className={story.waits.stuck === null ? s.waits : s.stuck} data-testid="story-waits">
            <strong>{waitsFor(story.waits)}</strong>
            <span>
              {t('story.nothingHasHappenedFor', { waitedMicros: elapsed(story.waits.waitedMicros) })}
              {story.waits.dueAt !== null && (
                <>
                  {' '}
                  {rich('story.timerIsDue', {
                    timer: story.waits.timer,
                    dueAt: <Time value={story.waits.dueAt} short />,
                  })}
                </>
              )}
            </span>
          </div>
        )}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls takes the focus */}
        <section className={s.scroll} aria-label={t('story.theDrawing')} tabIndex={0}>
          <StoryDrawing story={story} />
        </section>
        <StoryTable story={story} />
        <p className={s.told}>
          {rich('story.toldAsOfFromTheStoredEvents', { toldAt: <Time value={story.toldAt} short /> })}
        </p>
      </section>
    </div>
  );
}

function toneOf(story: TransferStory) {
  if (story.waits?.stuck != null) return 'bad';
  if (story.status === 'completed') return 'good';
  if (['rejected', 'failed'].includes(story.status)) return 'bad';
  if (['compensating', 'compensated', 'parkedInSuspense', 'resolving'].includes(story.status)) return 'warn';
  return story.over ? 'neutral' : 'info';
}
