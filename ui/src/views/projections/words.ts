import { t } from '../../i18n';
import type { ProjectionState, ProjectionStatus } from '../../platform/wire';
import type { Tone } from '../../shared/bits';
export const STATE_TONES: Record<ProjectionState, Tone> = {
  running: 'good',
  catchingUp: 'info',
  rebuilding: 'accent',
  paused: 'warn',
  halted: 'bad',
  heldElsewhere: 'neutral',
  retrying: 'warn',
};

/** What has been decided or set aside, in a few words; nothing if nothing was. */
export function exceptions(projection: ProjectionStatus): string | null {
  const parts = [];
  const { quarantined, skipped } = projection;
  if (quarantined.length > 0) parts.push(t('projections.nAside', { count: quarantined.length }));
  if (skipped.length > 0) parts.push(t('projections.nSkipped', { count: skipped.length }));
  return parts.length === 0 ? null : parts.join(', ');
}

export function differing(rows: string | null): string {
  if (rows === null) return t('projections.noneToCompare');
  if (rows === '0') return t('projections.noneDiffers');
  return t('projections.someDiffer', { count: rows });
}
