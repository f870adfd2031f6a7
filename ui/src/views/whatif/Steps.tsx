import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useOffer } from '../../app/offers';
import { rich, t } from '../../i18n';
import type { WhatIfLaneStep, WhatIfOutcome, WhatIfScenario, WhatIfStep, WhatIfStepReport } from '../../platform/wire';
import { Pair, Pairs, StreamName, Time } from '../../shared/bits';
import { grouped, seconds } from '../../shared/format';
import { ClockBegins } from './ClockBegins';
import { StepDialog, type StepEditing } from './StepDialog';
import { withoutStep, withStep, withStepMoved } from './scenario';
import s from './WhatIfView.module.css';

interface StepsProps {
  scenario: WhatIfScenario;
  reports: readonly WhatIfStepReport[];
  /** What would have happened. */
  lane: readonly WhatIfLaneStep[];
  begins: string;
  beginsEarliest: string;
  onChange: (next: WhatIfScenario) => void;
}

/** What is done after the fork, and what the real engine answers. */
export function Steps({ scenario, reports, lane, begins, beginsEarliest, onChange }: StepsProps) {
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
        <h2>{t('whatif.steps')}</h2>
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="compact-sm" leftSection={<IconPlus size={14} />} data-testid="what-if-add">
              {t('whatif.addStep')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => add('command')} data-testid="what-if-add-command">
              {t('whatif.sendCommandAsk')}
            </Menu.Item>
            <Menu.Item onClick={() => add('clock')} data-testid="what-if-add-clock">
              {t('whatif.letTimePassAsk')}
            </Menu.Item>
            <Menu.Item
              onClick={() => onChange(withStep(scenario, { kind: 'processes' }, null))}
              data-testid="what-if-add-processes"
            >
              {t('whatif.letProcessesWork')}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      <ClockBegins
        clock={scenario.clock}
        begins={begins}
        earliest={beginsEarliest}
        onChange={(clock) => onChange({ ...scenario, clock })}
      />
      {steps.length === 0 ? (
        <p className={s.note}>{t('whatif.noSteps')}</p>
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
                        aria-label={t('whatif.editStep', { number: index + 1 })}
                        onClick={() =>
                          setEditing({ kind: step.kind === 'command' ? 'command' : 'clock', at: index, step })
                        }
                      >
                        <IconPencil size={14} />
                      </ActionIcon>
                    )}
                    <ActionIcon
                      size={22}
                      aria-label={t('whatif.moveStepUp', { number: index + 1 })}
                      disabled={index === 0}
                      onClick={() => onChange(withStepMoved(scenario, index, -1))}
                      data-testid={`what-if-step-${index}-up`}
                    >
                      <IconArrowUp size={14} />
                    </ActionIcon>
                    <ActionIcon
                      size={22}
                      aria-label={t('whatif.moveStepDown', { number: index + 1 })}
                      disabled={index === steps.length - 1}
                      onClick={() => onChange(withStepMoved(scenario, index, 1))}
                    >
                      <IconArrowDown size={14} />
                    </ActionIcon>
                    <ActionIcon
                      size={22}
                      aria-label={t('whatif.removeStep', { number: index + 1 })}
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
      return rich('whatif.timeUntil', { time: <Time value={step.time} short /> });
    case 'clockBy':
      return t('whatif.timePasses', { time: seconds(step.seconds) });
    case 'processes':
      return t('whatif.processesWork');
  }
}

/** Events told of a step; the others are counted. */
const LED = 8;

function Outcome({ report, led }: { report: WhatIfStepReport; led: readonly WhatIfLaneStep[] }) {
  const { outcome, events, clock } = report;
  const { tone, text } = worded(outcome, events);
  const refused = outcome.kind === 'executed' ? outcome.refused : null;
  // What was accepted and then stands still is no success.
  const standsStill = (outcome.kind === 'ran' || outcome.kind === 'executed') && outcome.stuck.length > 0;
  return (
    <div className={s.outcome} data-tone={standsStill ? 'wrong' : tone} data-testid="what-if-outcome">
      <p className="selectable">{text}</p>
      {refused !== null && (
        <>
          <p className="selectable" data-testid="refused-later">
            {refused.message}
          </p>
          <code className={s.code}>{refused.code}</code>
        </>
      )}
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
      {(outcome.kind === 'ran' || outcome.kind === 'executed') &&
        outcome.stuck.map(({ name, value }) => (
          <p key={name} className={`${s.wrong ?? ''} selectable`} data-testid="what-if-stuck">
            {t('whatif.isStuck', { name, reason: value })}
          </p>
        ))}
      {led.length > 0 && (
        <ul className={s.led} aria-label={t('whatif.ledTo')}>
          {led.slice(0, LED).map(({ row, eventId }) => (
            <li key={eventId}>
              <strong>{row.eventType}</strong>
              <StreamName stream={row.stream} />
            </li>
          ))}
          {events > LED && <li className="dim">{t('whatif.moreEvents', { count: events - LED })}</li>}
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
      const { refused } = outcome;
      if (refused !== null) {
        const text = refused.begun ? t('commands.acceptedWouldFail') : t('commands.acceptedWouldBeRejected');
        return { tone: 'refused', text: `${text}.` };
      }
      if (outcome.events === 0) return { tone: 'good', text: t('whatif.acceptedNothing') };
      const count = outcome.events;
      if (outcome.consequences === 0) return { tone: 'good', text: t('whatif.accepted', { count }) };
      const more = grouped(String(outcome.consequences));
      return { tone: 'good', text: t('whatif.acceptedAndMore', { count, more }) };
    }
    case 'rejected':
      return { tone: 'refused', text: t('whatif.refused', { message: outcome.message }) };
    case 'invalid':
      return { tone: 'wrong', text: outcome.message };
    case 'failed':
      return { tone: 'wrong', text: outcome.message };
    case 'ran': {
      const commands = t('whatif.nCommands', { count: outcome.commands });
      const caused = t('whatif.nEvents', { count: events });
      if (outcome.timers === '0') return { tone: 'good', text: t('whatif.ran', { commands, events: caused }) };
      const timers = t('whatif.nTimers', { count: outcome.timers });
      return { tone: 'good', text: t('whatif.ranWithTimers', { commands, timers, events: caused }) };
    }
  }
}
