import { Button, Tooltip } from '@mantine/core';
import { IconPlayerSkipForward, IconRefresh } from '@tabler/icons-react';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { rich, t } from '../../i18n';
import type { ProjectionStatus } from '../../platform/wire';
import { grouped } from '../../shared/format';
import s from './ProjectionsView.module.css';
import type { Upkeep } from './useUpkeep';

interface HaltedProps {
  projection: ProjectionStatus;
  readOnly: boolean;
  upkeep: Upkeep;
  onSkip: () => void;
}

/** Why a read model stands still, at which event, and what a person can do about it. */
export function Halted({ projection: { name, haltedAt, problem }, readOnly, upkeep, onSkip }: HaltedProps) {
  return (
    <div className={s.halted} role="alert" data-testid={`halted-${name}`}>
      <p>
        <strong>
          {haltedAt === null
            ? t('projections.cannotGoOn')
            : rich('projections.cannotApply', {
                event: (
                  <PlaceLink to={places.events({}, haltedAt)} className="link mono">
                    #{grouped(haltedAt)}
                  </PlaceLink>
                ),
              })}
        </strong>{' '}
        <span className="selectable">{problem}</span>
      </p>
      <p className="dim">{haltedAt === null ? t('projections.rebuildOrRetry') : t('projections.retryOrSkip')}</p>
      <div className={s.choices}>
        <Button
          size="compact-xs"
          leftSection={<IconRefresh size={13} />}
          onClick={() => void upkeep.now('retryProjection', (platform) => platform.retryProjection(name))}
          data-testid={`retry-${name}`}
        >
          {t('projections.tryAgain')}
        </Button>
        {haltedAt !== null && (
          <Tooltip label={t('projections.readOnly')} disabled={!readOnly}>
            <Button
              size="compact-xs"
              leftSection={<IconPlayerSkipForward size={13} />}
              onClick={onSkip}
              disabled={readOnly}
              data-testid={`skip-${name}`}
            >
              {t('projections.skip')}
            </Button>
          </Tooltip>
        )}
      </div>
    </div>
  );
}
