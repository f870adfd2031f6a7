import { Button } from '@mantine/core';
import { useShownAt } from '../../app/clock/ClockContext';
import { usePlatform } from '../../app/PlatformContext';
import { useTask } from '../../app/useTask';
import { t } from '../../i18n';
import type { ModelAt } from '../../platform/wire';
import { ErrorState, Pair, Pairs, ProgressLine } from '../../shared/bits';
import { grouped, words } from '../../shared/format';

/** How many rows a read model had at the moment of the clock, and whether it would have got there. */
export function AtMoment({ name }: { name: string }) {
  const at = useShownAt();
  if (at === null) return null;
  return (
    <>
      <h3>{t('projections.atPosition', { position: grouped(at) })}</h3>
      <Counted key={`${name} ${at}`} name={name} at={at} />
    </>
  );
}

function Counted({ name, at }: { name: string; at: string }) {
  const platform = usePlatform();
  const task = useTask<ModelAt[]>();
  const model = task.result?.[0] ?? null;
  if (task.running)
    return <ProgressLine progress={task.progress} fallback={t('projections.folding')} onCancel={task.cancel} />;
  if (task.error !== null) return <ErrorState error={task.error} onRetry={task.clear} />;
  if (model === null) {
    return (
      <Button
        onClick={() => void task.run((taskId, onProgress) => platform.asOfPrepare([name], at, taskId, onProgress))}
        data-testid="count-at-moment"
      >
        {t('projections.countRows')}
      </Button>
    );
  }
  return (
    <div data-testid="counted-at-moment">
      <Pairs>
        {model.tables.map(({ table, rows }) => (
          <Pair key={table} name={words(table)}>
            {t('projections.nRows', { count: rows })}
          </Pair>
        ))}
      </Pairs>
      {model.halted !== null && (
        <p role="alert">
          {t('projections.haltedThen', { position: grouped(model.halted.position), reason: model.halted.reason })}
        </p>
      )}
    </div>
  );
}
