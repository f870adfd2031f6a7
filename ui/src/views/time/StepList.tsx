import { type KeyboardEvent, type ReactNode, useLayoutEffect, useRef } from 'react';
import s from './Tools.module.css';

export interface Step {
  id: string;
  /** Read aloud, and shown by the browser. */
  title: string;
  current: boolean;
  content: ReactNode;
  onGo: () => void;
}

/** A list of places to go to; the arrows move along it, Enter goes. */
export function StepList({ label, steps, testId }: { label: string; steps: readonly Step[]; testId: string }) {
  const list = useRef<HTMLOListElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      j: at + 1,
      ArrowUp: at - 1,
      k: at - 1,
      Home: 0,
      End: buttons.length - 1,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    buttons[Math.min(buttons.length - 1, Math.max(0, to))]?.focus();
  };
  const stop = Math.max(
    0,
    steps.findIndex((step) => step.current),
  );
  // The present step is what one looks for first in a long list.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another step has become the present one
  useLayoutEffect(() => {
    list.current?.querySelector('[aria-current="step"]')?.scrollIntoView?.({ block: 'nearest' });
  }, [stop, steps.length]);
  return (
    <ol ref={list} className={s.steps} aria-label={label} onKeyDown={onKeyDown} data-testid={testId}>
      {steps.map((step, index) => (
        <li key={step.id}>
          <button
            type="button"
            title={step.title}
            tabIndex={index === stop ? 0 : -1}
            aria-current={step.current ? 'step' : undefined}
            className={`${s.step} ${step.current ? s.here : ''}`}
            onClick={step.onGo}
            data-testid={`${testId}-step`}
          >
            {step.content}
          </button>
        </li>
      ))}
    </ol>
  );
}
