import { type KeyboardEvent, type PointerEvent, useRef } from 'react';
import { t } from '../i18n';
import s from './VersionSlider.module.css';

interface VersionSliderProps {
  label: string;
  value: bigint;
  max: bigint;
  /** A second version that is marked on the track. */
  mark?: bigint | null;
  onChange: (value: bigint) => void;
  testId: string;
}

const STEPS = 1_000_000n;

/** Share of the way, as a number for the screen alone. */
function percent(value: bigint, max: bigint): number {
  return max === 0n ? 0 : Number((value * STEPS) / max) / 10_000;
}

/** A version as the page has it, which is text, whatever its type says: a JavaScript number would round a large one. */
const exact = (version: bigint): number => String(version) as unknown as number;

/** A slider over versions; exact however many there are. */
export function VersionSlider({ label, value, max, mark, onChange, testId }: VersionSliderProps) {
  const held = useRef(false);

  const at = (event: PointerEvent<HTMLDivElement>): bigint => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / Math.max(1, box.width)));
    return (max * BigInt(Math.round(share * Number(STEPS))) + STEPS / 2n) / STEPS;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey) return;
    const page = max / 10n > 1n ? max / 10n : 1n;
    const steps: Record<string, bigint> = {
      ArrowRight: value + 1n,
      ArrowUp: value + 1n,
      ArrowLeft: value - 1n,
      ArrowDown: value - 1n,
      PageUp: value + page,
      PageDown: value - page,
      Home: 0n,
      End: max,
    };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onChange(next < 0n ? 0n : next > max ? max : next);
  };

  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={exact(max)}
      aria-valuenow={exact(value)}
      aria-valuetext={t('shared.versionOf', { value, max })}
      className={s.slider}
      data-testid={testId}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        held.current = true;
        onChange(at(event));
      }}
      onPointerMove={(event) => held.current && onChange(at(event))}
      onPointerUp={() => {
        held.current = false;
      }}
      onPointerCancel={() => {
        held.current = false;
      }}
    >
      <div className={s.track}>
        <div className={s.fill} style={{ width: `${percent(value, max)}%` }} />
      </div>
      {mark != null && mark <= max && <div className={s.mark} style={{ left: `${percent(mark, max)}%` }} />}
      <div className={s.thumb} style={{ left: `${percent(value, max)}%` }} />
    </div>
  );
}
