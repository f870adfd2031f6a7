import { type KeyboardEvent, type MouseEvent, useMemo } from 'react';
import { t } from '../../i18n';
import type { Watched } from '../../platform/wire';
import { across, HEIGHT, lineOf, nextChange, pointAt, stretchesOf, versionAt, WIDTH } from './line';
import s from './Sparkline.module.css';

interface SparklineProps {
  expression: string;
  watched: Watched;
  version: bigint;
  onVersion: (version: bigint) => void;
}

/** The values of an expression along the versions, with where a condition holds. A click goes there; arrows go to the next change. */
export function Sparkline({ expression, watched, version, onVersion }: SparklineProps) {
  const { points } = watched;
  const until = BigInt(watched.until);
  const line = useMemo(() => lineOf(points, until, watched.thinned), [points, until, watched.thinned]);
  const here = pointAt(points, version);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const to: Record<string, (() => bigint | undefined) | undefined> = {
      ArrowRight: () => change(true),
      ArrowLeft: () => change(false),
      Home: () => 1n,
      End: () => until,
    };
    const find = to[event.key];
    if (find === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const found = find();
    if (found !== undefined) onVersion(found);
  };
  const change = (forward: boolean) => {
    const point = nextChange(points, version, forward);
    return point === null ? undefined : BigInt(point.version);
  };
  const onClick = (event: MouseEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    onVersion(versionAt((event.clientX - box.left) / Math.max(1, box.width), until));
  };

  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={t('time.alongTheVersions', { expression })}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, points.length - 1)}
      aria-valuenow={here === null ? 0 : points.indexOf(here)}
      aria-valuetext={
        here === null
          ? t('time.versionNoValue', { version })
          : t('time.version2', { version: here.version, display: here.display ?? here.value })
      }
      className={s.spark}
      onKeyDown={onKeyDown}
      onClick={onClick}
      data-testid="sparkline"
    >
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className={s.picture} aria-hidden="true">
        {line?.zero != null && <line x1={0} x2={WIDTH} y1={line.zero} y2={line.zero} className={s.zero} />}
        {line !== null && <path d={line.path} className={s.line} />}
      </svg>
      <svg viewBox={`0 0 ${WIDTH} 10`} preserveAspectRatio="none" className={s.hits} aria-hidden="true">
        {watched.hits.map((run) => {
          const [from, to] = [across(BigInt(run.from.version), until), across(BigInt(run.until) + 1n, until)];
          return <rect key={run.from.version} x={from} width={Math.max(2, to - from)} y={0} height={10} />;
        })}
      </svg>
      {line === null &&
        stretchesOf(points)?.map((stretch, index) => (
          <span
            key={String(stretch.from)}
            className={`${s.stretch} ${index % 2 === 0 ? '' : s.odd} mono cut`}
            style={slot(stretch.from, stretch.until, until)}
            title={stretch.text}
          >
            {stretch.text}
          </span>
        ))}
      {version >= 1n && version <= until && <span className={s.now} style={slot(version, version, until)} />}
    </div>
  );
}

/** The room of some versions, in the width of the picture. */
function slot(from: bigint, to: bigint, until: bigint) {
  const [left, right] = [across(from, until), across(to + 1n, until)];
  return { left: `${(left / WIDTH) * 100}%`, width: `${((right - left) / WIDTH) * 100}%` };
}
