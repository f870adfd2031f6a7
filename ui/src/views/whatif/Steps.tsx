import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useOffer } from '../../app/offers';
import type { WhatIfLaneStep, WhatIfOutcome, WhatIfScenario, WhatIfStep, WhatIfStepReport } from '../../platform/wire';
import { Pair, Pairs, StreamName, Time } from '../../shared/bits';
import { grouped, plural, seconds } from '../../shared/format';
import { StepDialog, type StepEditing } from './StepDialog';
import { withoutStep, withStep, withStepMoved } from './scenario';
import s from './WhatIfView.module.css';

interface StepsProps {
  scenario: WhatIfScenario;
  reports: readonly WhatIfStepReport[];
  /** What would have happened. */
  lane: readonly WhatIfLaneStep[];
  begins: string;
  onChange: (next: WhatIfScenario) => void;
}

/** What is done after the fork, and what the real engine answers. */
export function Steps({ scenario, reports, lane, begins, onChange }: StepsProps) {
  const [editing, setEditing] = useState<StepEditing | null>(null);
  const { steps } = scenario;
  const now = reports.at(-1)?.clock ?? begins;
  const add = (kind: 'command' | 'clock') => setEditing({ kind, at: null, step: null });
  useOffer('what-if-command', () => add('command'));
  useOffer('what-if-clock', () => add('clock'));
  useOffer('what-if-processes', () => onChange(withStep(scenario, { kind: 'processes' }, null)));
  return (
    <section className={s.part}>
      <div className={s.partHead}>
        <h2>Steps</h2>
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="compact-sm" leftSection={<IconPlus size={14} />} data-testid="what-if-add">
              Add a step
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => add('command')} data-testid="what-if-add-command">
              Send a command…
            </Menu.Item>
            <Menu.Item onClick={() => add('clock')} data-testid="what-if-add-clock">
              Let time pass…
            </Menu.Item>
            <Menu.Item
              onClick={() => onChange(withStep(scenario, { kind: 'processes' }, null))}
              data-testid="what-if-add-processes"
            >
              Let processes work
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      {steps.length === 0 ? (
        <p className={s.note}>Nothing is done yet. Send a command through the real engine, or let time pass.</p>
      ) : (
        <ol className={s.steps}>
          {steps.map((step, index) => {
            const report = reports[index];
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the order
              <li key={index} data-testid={`what-if-step-${index}`}>
                <div className={s.stepHead}>
                  <strong>
                    {index + 1}. {nameOf(step)}
                  </strong>
                  <span className={s.stepActions}>
                    {step.kind !== 'processes' && (
                      <ActionIcon
                        size={22}
                        aria-label={`Edit step ${index + 1}`}
                        onClick={() =>
                          setEditing({ kind: step.kind === 'command' ? 'command' : 'clock', at: index, step })
                        }
                      >
                        <IconPencil size={14} />
                      </ActionIcon>
                    )}
                    <ActionIcon
                      size={22}
                      aria-label={`Move step ${index + 1} up`}
                      disabled={index === 0}
                      onClick={() => onChange(withStepMoved(scenario, index, -1))}
                      data-testid={`what-if-step-${index}-up`}
                    >
                      <IconArrowUp size={14} />
                    </ActionIcon>
                    <ActionIcon
                      size={22}
                      aria-label={`Move step ${index + 1} down`}
                      disabled={index === steps.length - 1}
                      onClick={() => onChange(withStepMoved(scenario, index, 1))}
                    >
                      <IconArrowDown size={14} />
                    </ActionIcon>
                    <ActionIcon
                      size={22}
                      aria-label={`Remove step ${index + 1}`}
                      onClick={() => onChange(withoutStep(scenario, index))}
                    >
                      <IconTrash size={14} />
                    </ActionIcon>
                  </span>
                </div>
                {report !== undefined && <Outcome report={report} led={lane.filter((event) => event.step === index)} />}
              </li>
            );
          })}
        </ol>
      )}
      <StepDialog
        editing={editing}
        now={now}
        onClose={() => setEditing(null)}
        onStep={(step, at) => onChange(withStep(scenario, step, at))}
      />
    </section>
  );
}

function nameOf(step: WhatIfStep): React.ReactNode {
  switch (step.kind) {
    case 'command':
      return step.commandType;
    case 'clockTo':
      return (
        <>
          Time passes until <Time value={step.time} short />
        </>
      );
    case 'clockBy':
      return `Time passes: ${seconds(step.seconds)}`;
    case 'processes':
      return 'Processes work';
  }
}

/** Events told of a step; the others are counted. */
const LED = 8;

function Outcome({ report, led }: { report: WhatIfStepReport; led: readonly WhatIfLaneStep[] }) {
  const { outcome, events, clock } = report;
  const { tone, text } = worded(outcome, events);
  return (
    <div className={s.outcome} data-tone={tone} data-testid="what-if-outcome">
      <p className="selectable">{text}</p>
      {outcome.kind === 'rejected' && (
        <>
          <code className={s.code}>{outcome.code}</code>
          <Pairs>
            {outcome.details.map(({ name, value }) => (
              <Pair key={name} name={name}>
                <span className="selectable">{value}</span>
              </Pair>
            ))}
          </Pairs>
        </>
      )}
      {outcome.kind === 'ran' &&
        outcome.stuck.map(({ name, value }) => (
          <p key={name} className={s.wrong}>
            {name} is stuck: {value}
          </p>
        ))}
      {led.length > 0 && (
        <ul className={s.led} aria-label="What it led to">
          {led.slice(0, LED).map(({ row, eventId }) => (
            <li key={eventId}>
              <strong>{row.eventType}</strong>
              <StreamName stream={row.stream} />
            </li>
          ))}
          {events > LED && <li className="dim">and {plural(String(events - LED), 'more event')}</li>}
        </ul>
      )}
      <span className="faint">
        <Time value={clock} />
      </span>
    </div>
  );
}

/** How a step ended, in a sentence, and how that sounds. */
function worded(outcome: WhatIfOutcome, events: number): { tone: 'good' | 'refused' | 'wrong'; text: string } {
  switch (outcome.kind) {
    case 'executed': {
      if (outcome.events === 0) return { tone: 'good', text: 'Accepted; there was nothing left to do.' };
      const own = plural(String(outcome.events), 'event');
      const more = outcome.consequences === 0 ? '' : `, and ${grouped(String(outcome.consequences))} by processes`;
      return { tone: 'good', text: `Accepted: ${own}${more}.` };
    }
    case 'rejected':
      return { tone: 'refused', text: `Refused: ${outcome.message}` };
    case 'invalid':
      return { tone: 'wrong', text: outcome.message };
    case 'failed':
      return { tone: 'wrong', text: outcome.message };
    case 'ran': {
      const sent = plural(outcome.commands, 'command');
      const due = outcome.timers === '0' ? '' : `, ${plural(outcome.timers, 'timer')} due`;
      return { tone: 'good', text: `${sent} of processes${due}, ${plural(String(events), 'event')}.` };
    }
  }
}
