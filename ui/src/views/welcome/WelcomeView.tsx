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
import { perLanguage, rich, t } from '../../i18n';
import type { StoreStatus } from '../../platform/wire';
import { ErrorState, ProgressLine } from '../../shared/bits';
import s from './WelcomeView.module.css';

const sizes = perLanguage(
  () =>
    [
      { events: 1_000, title: t('welcome.small'), about: t('welcome.aBranchOnAQuietDayReadyAtOnce') },
      { events: 20_000, title: t('welcome.middle'), about: t('welcome.aSmallBankWithAPastAFewSeconds') },
      { events: 200_000, title: t('welcome.large'), about: t('welcome.enoughToFeelHowItScalesAboutA') },
    ] as const,
);

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
          <h2>{t('welcome.seeWhatYourBankReallyRecorded')}</h2>
          <p>{t('welcome.ledgerscopeRunsABankWhoseOnlyTruth')}</p>
        </header>

        {store === null ? (
          <section className={s.card}>
            <h3>{t('welcome.openAStore')}</h3>
            <p className="dim">{t('welcome.yourOwnStoreIsCreatedInYourData')}</p>
            <div className={s.row}>
              <Button variant="filled" onClick={() => void actions.openDefault()} data-testid="open-default">
                {t('welcome.openMyOwnStore')}
              </Button>
              <Button leftSection={<IconFolderOpen size={14} />} onClick={() => void actions.choose()}>
                {t('welcome.openAFile')}
              </Button>
            </div>
          </section>
        ) : empty && !store.readOnly && !store.capabilities.import ? (
          <section className={s.card} data-testid="no-import">
            <h3>{t('welcome.thisStoreIsEmpty')}</h3>
            <p className="dim">{t('welcome.takesNoEventsWithTheirOriginal', { backend: store.backend })}</p>
          </section>
        ) : empty && !store.readOnly ? (
          <section className={s.card} aria-labelledby="demo-title">
            <h3 id="demo-title">{t('welcome.fillThisStoreWithADemoBank')}</h3>
            <p className="dim">{t('welcome.customersAccountsTransfersThat')}</p>
            <div className={s.sizes} role="radiogroup" aria-label={t('welcome.numberOfEvents')}>
              {sizes().map((size) => (
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
                label={t('welcome.seed')}
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
                {t('welcome.createTheDemoBank')}
              </Button>
            </div>
            <div className={s.progress} aria-live="polite">
              {task.running && (
                <ProgressLine
                  progress={task.progress}
                  fallback={t('welcome.openingTheBranch')}
                  onCancel={task.cancel}
                />
              )}
            </div>
            {task.error !== null && <ErrorState error={task.error} onRetry={() => void create()} />}
          </section>
        ) : (
          <section className={s.card}>
            <h3>{t('welcome.inThisStore', { events: t('shared.nEvents', { count: head }) })}</h3>
            <p className="dim selectable">{store.location}</p>
            <div className={s.row}>
              <PlaceLink to={places.accounts()} className={s.go ?? ''}>
                {t('welcome.toTheBank')} <IconArrowRight size={14} />
              </PlaceLink>
            </div>
          </section>
        )}

        <section className={s.others} aria-label={t('welcome.otherWays')}>
          <button type="button" onClick={() => void actions.choose()} data-testid="choose-store">
            <IconFolderOpen size={16} stroke={1.7} /> {t('welcome.openAnotherFile')}
          </button>
          {store !== null && empty && !store.readOnly && (
            <PlaceLink to={places.commands('RegisterCustomer')} className={s.other ?? ''}>
              <IconArrowRight size={16} stroke={1.7} /> {t('welcome.startEmptyRegisterACustomer')}
            </PlaceLink>
          )}
        </section>

        <ul className={s.points}>
          <li>
            <IconHistory size={18} stroke={1.6} />
            <span>
              {rich('welcome.stateIsAlwaysFoldedByTheEnginesOwn', {
                part: <strong>{t('welcome.anyVersionExactly')}</strong>,
              })}
            </span>
          </li>
          <li>
            <IconScale size={18} stroke={1.6} />
            <span>
              {rich('welcome.debitsEqualCreditsAtEveryPosition', {
                part: <strong>{t('welcome.moneyIsConserved')}</strong>,
              })}
            </span>
          </li>
          <li>
            <IconShieldCheck size={18} stroke={1.6} />
            <span>
              {rich('welcome.everyEventIsChainedToTheOneBefore', {
                part: <strong>{t('welcome.nothingChangesUnnoticed')}</strong>,
              })}
            </span>
          </li>
        </ul>
      </div>
    </div>
  );
}
