import { IconCheck, IconMinus, IconX } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { t } from '../../i18n';
import type { ConnectionTestStep } from '../../platform/wire';
import s from './ConnectionsView.module.css';

const ICONS = { passed: IconCheck, skipped: IconMinus, failed: IconX } as const;

/** The way to a store, step by step, as far as it was gone. */
export function ConnectionTest({ steps }: { steps: readonly ConnectionTestStep[] }) {
  const list = useRef<HTMLOListElement>(null);
  // The newest step is what one waits for.
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each step the list has grown
  useEffect(() => list.current?.scrollIntoView({ block: 'nearest' }), [steps.length]);
  return (
    <ol
      ref={list}
      className={s.steps}
      aria-live="polite"
      aria-label={t('connections.testSteps')}
      data-testid="test-steps"
    >
      {steps.map((step) => {
        const Icon = ICONS[step.outcome];
        return (
          <li key={step.title} data-testid="test-step" data-outcome={step.outcome}>
            <span className={s[`step_${step.outcome}`]}>
              <Icon size={15} aria-hidden="true" />
              <span className="visually-hidden">{t(`connections.step_${step.outcome}`)}</span>
            </span>
            <span>{step.title}</span>
            <span className="selectable">
              {step.message}
              {step.hint !== null && <span className={s.hint}>{step.hint}</span>}
            </span>
            <span className="faint tabular">{t('connections.milliseconds', { value: step.milliseconds })}</span>
          </li>
        );
      })}
    </ol>
  );
}
