import { useAsk } from '../../app/cache';
import type { AppError } from '../../platform/wire';
import { ErrorState } from '../../shared/bits';
import { grouped, share, words } from '../../shared/format';
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
    <section className={s.building} role="status" aria-label="The read models are being built">
      <h2>The read models are being built</h2>
      <p className="dim">They read the whole log once. What is shown here appears as soon as its tables are there.</p>
      <ul>
        {(projections.data ?? []).map((one) => (
          <li key={one.name}>
            <span>{words(one.name)}</span>
            <span className={s.buildBar} aria-hidden="true">
              <span style={{ transform: `scaleX(${share(one.position, one.head)})` }} />
            </span>
            <span className="num faint">
              {grouped(one.position)} of {grouped(one.head)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
