import { Button } from '@mantine/core';
import { IconStack2 } from '@tabler/icons-react';
import { useState } from 'react';
import { useAsk } from '../../app/cache';
import { useIntent } from '../../app/intent';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go, usePlaceOf } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import { useTask } from '../../app/useTask';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { DoctorReport } from '../../platform/wire';
import { Bones, EmptyState, ErrorState } from '../../shared/bits';

import { ProjectionCard } from './ProjectionCard';
import { type Asked, ProjectionDialogs } from './ProjectionDialogs';
import { ProjectionPanel } from './ProjectionPanel';
import s from './ProjectionsView.module.css';
import { useUpkeep } from './useUpkeep';

/** Lag and rate change without any event: they are asked once a second while one looks, progress more often. */
const REFRESH_MILLISECONDS = 1000;
const PROGRESS_MILLISECONDS = 300;

export function ProjectionsView({ readOnly }: { readOnly: boolean }) {
  const place = usePlaceOf('projections');
  const platform = usePlatform();
  const upkeep = useUpkeep();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [working, setWorking] = useState(false);
  const doctor = useTask<DoctorReport>();
  const [patient, setPatient] = useState<string | null>(null);
  const projections = useAsk('projections', [], (ask) => ask.projections(), {
    refetchMilliseconds: working ? PROGRESS_MILLISECONDS : REFRESH_MILLISECONDS,
  });
  const busy = projections.data?.some((one) => one.task !== null) ?? false;
  if (busy !== working) setWorking(busy);
  const examine = (name: string) => {
    go(places.projections(name), 'replace');
    setPatient(name);
    void doctor.run((id, onProgress) => platform.examineProjection(name, id, onProgress));
  };
  useIntent(['examine', 'rebuild'], projections.data !== undefined, ({ kind, projection: name }) => {
    const projection = projections.data?.find((one) => one.name === name);
    if (kind === 'examine') examine(name);
    else if (projection !== undefined) setAsked({ kind: 'rebuild', projection });
  });

  if (projections.isError) {
    return <ErrorState error={toAppError(projections.error)} onRetry={() => void projections.refetch()} />;
  }
  if (projections.data === undefined) return <Bones lines={14} label={t('projections.asking')} />;
  if (projections.data.length === 0) {
    return (
      <EmptyState
        icon={<IconStack2 size={28} stroke={1.4} />}
        title={t('projections.noModels')}
        action={<Button onClick={() => void projections.refetch()}>{t('projections.lookAgain')}</Button>}
      >
        {t('projections.openWithout')}
      </EmptyState>
    );
  }
  const all = projections.data;
  const selected = all.find((one) => one.name === place.projection) ?? null;
  return (
    <>
      <SplitView
        label={t('projections.readModel')}
        detail={
          selected === null ? null : (
            <ProjectionPanel
              key={selected.name}
              projection={selected}
              readOnly={readOnly}
              upkeep={upkeep}
              ask={(kind, more) => setAsked({ kind, projection: selected, ...more })}
              doctor={patient === selected.name ? doctor : null}
              examining={doctor.running}
              examine={() => examine(selected.name)}
              onClose={() => go(places.projections(), 'replace')}
            />
          )
        }
      >
        <div className={s.page}>
          <p className={s.summary} aria-live="polite">
            <strong>{t('projections.nModels', { count: all.length })}</strong>
            <span className="dim">{summary(all)}</span>
          </p>
          <div className={s.cards}>
            {all.map((projection) => (
              <ProjectionCard
                key={projection.name}
                projection={projection}
                selected={projection.name === place.projection}
                readOnly={readOnly}
                upkeep={upkeep}
                ask={(kind) => setAsked({ kind, projection })}
                examine={() => examine(projection.name)}
              />
            ))}
          </div>
        </div>
      </SplitView>
      <ProjectionDialogs asked={asked} upkeep={upkeep} onClose={() => setAsked(null)} />
    </>
  );
}

function summary(all: readonly { lagEvents: string; state: string; quarantined: readonly unknown[] }[]): string {
  const count = (holds: (one: (typeof all)[number]) => boolean) => all.filter(holds).length;
  const halted = count((one) => one.state === 'halted');
  if (halted > 0) return t('projections.someHalted', { halted });
  const aside = count((one) => one.quarantined.length > 0);
  if (aside > 0) return t('projections.someAside', { count: aside });
  const behind = count((one) => one.lagEvents !== '0');
  return behind === 0 ? t('projections.allCaughtUp') : t('projections.someBehind', { behind });
}
