import { useAsk } from '../../app/cache';
import { t } from '../../i18n';
import type { AppError } from '../../platform/wire';
import { ErrorState } from '../../shared/bits';
import { grouped, modelWords, share } from '../../shared/format';
import s from './BankView.module.css';

interface ReadModelStateProps {
  error: AppError;
  onRetry: () => void;
}

/** What a store answers whose read model has no tables yet. */
const NOT_BUILT = ['unsupported', 'read_model_not_built'];

/** Why a read model does not answer: while it is still being built, how far that is; otherwise the failure. */
export function ReadModelState({ error, onRetry }: ReadModelStateProps) {
  const building = NOT_BUILT.includes(error.code);
  const projections = useAsk('projections', [], (platform) => platform.projections(), {
    enabled: building,
    refetchMilliseconds: 1000,
  });
  if (!building || projections.isError) return <ErrorState error={error} onRetry={onRetry} />;
  return (
    <section className={s.building} role="status" aria-label={t('bank.theReadModelsAreBeingBuilt')}>
      <h2>{t('bank.theReadModelsAreBeingBuilt')}</h2>
      <p className="dim">{t('bank.theyReadTheWholeLogOnceWhatIsShown')}</p>
      <ul>
        {(projections.data ?? []).map((one) => (
          <li key={one.name}>
            <span>{modelWords(one.name)}</span>
            <span className={s.buildBar} aria-hidden="true">
              <span style={{ transform: `scaleX(${share(one.position, one.head)})` }} />
            </span>
            <span className="num faint">
              {t('bank.of', { position: grouped(one.position), head: grouped(one.head) })}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
