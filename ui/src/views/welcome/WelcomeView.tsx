import { Button, NumberInput } from '@mantine/core';
import {
  IconArrowRight,
  IconFolderOpen,
  IconHistory,
  IconScale,
  IconShieldCheck,
  IconSparkles,
} from '@tabler/icons-react';
import { useState } from 'react';
import { useHead } from '../../app/head';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { useStoreActions } from '../../app/storeActions';
import { useTask } from '../../app/useTask';
import type { StoreStatus } from '../../platform/wire';
import { ErrorState, ProgressLine } from '../../shared/bits';
import { plural } from '../../shared/format';
import s from './WelcomeView.module.css';

const SIZES = [
  { events: 1_000, title: '1 000 events', about: 'A branch on a quiet day. Ready at once.' },
  { events: 20_000, title: '20 000 events', about: 'A small bank with a past. A few seconds.' },
  { events: 200_000, title: '200 000 events', about: 'Enough to feel how it scales. About a minute.' },
] as const;

export function WelcomeView({ store }: { store: StoreStatus | null }) {
  const platform = usePlatform();
  const actions = useStoreActions();
  const task = useTask<StoreStatus>();
  const [events, setEvents] = useState<number>(20_000);
  const [seed, setSeed] = useState<number>(7);
  const head = useHead();
  const empty = head === '0';

  const create = async () => {
    const status = await task.run((id, onProgress) => platform.createDemo(seed, events, id, onProgress));
    if (status !== null) await actions.entered(status);
  };

  return (
    <div className={s.page}>
      <div className={s.column}>
        <header className={s.head}>
          <h2>See what your bank really recorded</h2>
          <p>
            Ledgerscope runs a bank whose only truth is its log of events. Issue a command, watch its events arrive, go
            back to any moment, rebuild what was derived from them.
          </p>
        </header>

        {store === null ? (
          <section className={s.card}>
            <h3>Open a store</h3>
            <p className="dim">Your own store is created in your data folder if there is none yet.</p>
            <div className={s.row}>
              <Button variant="filled" onClick={() => void actions.openDefault()} data-testid="open-default">
                Open my own store
              </Button>
              <Button leftSection={<IconFolderOpen size={14} />} onClick={() => void actions.choose()}>
                Open a file…
              </Button>
            </div>
          </section>
        ) : empty && !store.readOnly && !store.capabilities.import ? (
          <section className={s.card} data-testid="no-import">
            <h3>This store is empty</h3>
            <p className="dim">
              {store.backend} takes no events with their original times, so no demo bank can be made in it. Commands
              write as usual.
            </p>
          </section>
        ) : empty && !store.readOnly ? (
          <section className={s.card} aria-labelledby="demo-title">
            <h3 id="demo-title">Fill this store with a demo bank</h3>
            <p className="dim">
              Customers, accounts, transfers that succeed, fail and are compensated: made by the bank’s own rules, the
              same for the same seed.
            </p>
            <div className={s.sizes} role="radiogroup" aria-label="Number of events">
              {SIZES.map((size) => (
                <label key={size.events} className={`${s.size} ${events === size.events ? s.chosen : ''}`}>
                  <input
                    type="radio"
                    name="size"
                    className={s.radio}
                    checked={events === size.events}
                    disabled={task.running}
                    onChange={() => setEvents(size.events)}
                    data-testid={`demo-size-${size.events}`}
                  />
                  <strong>{size.title}</strong>
                  <span>{size.about}</span>
                </label>
              ))}
            </div>
            <div className={s.row}>
              <NumberInput
                label="Seed"
                value={seed}
                onChange={(value) => setSeed(typeof value === 'number' ? value : 7)}
                min={0}
                max={4_294_967_295}
                allowDecimal={false}
                allowNegative={false}
                hideControls
                disabled={task.running}
                w={120}
                data-testid="demo-seed"
              />
              <Button
                variant="filled"
                size="sm"
                leftSection={<IconSparkles size={15} />}
                onClick={() => void create()}
                disabled={task.running}
                data-testid="demo-create"
              >
                Create the demo bank
              </Button>
            </div>
            <div className={s.progress} aria-live="polite">
              {task.running && (
                <ProgressLine progress={task.progress} fallback="Opening the branch" onCancel={task.cancel} />
              )}
            </div>
            {task.error !== null && <ErrorState error={task.error} onRetry={() => void create()} />}
          </section>
        ) : (
          <section className={s.card}>
            <h3>{plural(head, 'event')} in this store</h3>
            <p className="dim selectable">{store.location}</p>
            <div className={s.row}>
              <PlaceLink to={places.accounts()} className={s.go ?? ''}>
                To the bank <IconArrowRight size={14} />
              </PlaceLink>
            </div>
          </section>
        )}

        <section className={s.others} aria-label="Other ways">
          <button type="button" onClick={() => void actions.choose()} data-testid="choose-store">
            <IconFolderOpen size={16} stroke={1.7} /> Open another file
          </button>
          {store !== null && empty && !store.readOnly && (
            <PlaceLink to={places.commands('RegisterCustomer')} className={s.other ?? ''}>
              <IconArrowRight size={16} stroke={1.7} /> Start empty: register a customer
            </PlaceLink>
          )}
        </section>

        <ul className={s.points}>
          <li>
            <IconHistory size={18} stroke={1.6} />
            <span>
              <strong>Any version, exactly.</strong> State is always folded by the engine’s own code.
            </span>
          </li>
          <li>
            <IconScale size={18} stroke={1.6} />
            <span>
              <strong>Money is conserved.</strong> Debits equal credits at every position, and you can check it.
            </span>
          </li>
          <li>
            <IconShieldCheck size={18} stroke={1.6} />
            <span>
              <strong>Nothing changes unnoticed.</strong> Every event is chained to the one before it.
            </span>
          </li>
        </ul>
      </div>
    </div>
  );
}
