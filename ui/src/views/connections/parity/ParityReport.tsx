import { Button, SegmentedControl } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { useState } from 'react';
import { useAsk } from '../../../app/cache';
import { toAppError } from '../../../platform/platform';
import type { ParityResult, ParityStepRow } from '../../../platform/wire';
import { Bones, Chip, ErrorState } from '../../../shared/bits';
import { grouped, plural } from '../../../shared/format';
import v from '../ConnectionsView.module.css';
import c from '../copy/CopyTab.module.css';
import s from './ParityTab.module.css';

const STEPS_AT_ONCE = 60;
const VERDICTS = {
  same: { tone: 'good', words: 'same' },
  different: { tone: 'bad', words: 'differs' },
  notOffered: { tone: 'warn', words: 'not offered' },
} as const;
type Verdict = keyof typeof VERDICTS;

const milliseconds = (value: number | null) =>
  value === null ? '–' : value < 10 ? value.toFixed(2) : value.toFixed(0);

/** What the stores answered, side by side, and how long each took. */
export function ParityReport({ result }: { result: ParityResult }) {
  const Icon = result.cancelled ? IconAlertTriangle : result.agrees ? IconCircleCheck : IconCircleX;
  const tone = result.cancelled ? c.warn : result.agrees ? c.good : c.bad;
  return (
    <section
      className={v.section}
      aria-labelledby="parity-report"
      data-testid="parity-report"
      data-agrees={result.agrees && !result.cancelled}
    >
      <header className={v.head}>
        <h2 id="parity-report">{result.backends.map((backend) => backend.name).join(' · ')}</h2>
      </header>
      <div className={`${c.verdict} ${tone ?? ''}`} role="status">
        <Icon size={16} aria-hidden="true" />
        <p>
          {result.cancelled && 'Stopped before the end. '}
          <strong>{result.agrees ? 'The same answers. ' : 'Not the same answers. '}</strong>
          {plural(result.same, 'step')} the same, {grouped(result.different)} different, {grouped(result.notOffered)}{' '}
          not offered by all and done on none.
        </p>
      </div>
      <Timings result={result} />
      <Steps result={result} />
    </section>
  );
}

function Timings({ result }: { result: ParityResult }) {
  const actions = [
    ...new Set(result.backends.flatMap((backend) => backend.timings.map((timing) => timing.action))),
  ].sort();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
    <section className={s.wide} aria-label="Times" tabIndex={0}>
      <table className={`${v.table} ${s.times}`} data-testid="parity-times">
        <caption className="visually-hidden">Milliseconds, median and 99th percentile</caption>
        <thead>
          <tr>
            <th scope="col">Step (median · p99 ms)</th>
            {result.backends.map((backend) => (
              <th scope="col" className="num" key={backend.name}>
                {backend.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {actions.map((action) => (
            <tr key={action}>
              <th scope="row">{action}</th>
              {result.backends.map((backend) => {
                const timing = backend.timings.find((one) => one.action === action);
                return (
                  <td className="num tabular" key={backend.name}>
                    {timing === undefined
                      ? '–'
                      : `${milliseconds(timing.medianMilliseconds)} · ${milliseconds(timing.p99Milliseconds)}`}
                  </td>
                );
              })}
            </tr>
          ))}
          <tr>
            <th scope="row">all steps together</th>
            {result.backends.map((backend) => (
              <td className="num tabular" key={backend.name}>
                {milliseconds(backend.totalMilliseconds)}
              </td>
            ))}
          </tr>
        </tbody>
      </table>
    </section>
  );
}

function Steps({ result }: { result: ParityResult }) {
  const [shown, setShown] = useState<Verdict>(
    result.different !== '0' ? 'different' : result.notOffered !== '0' ? 'notOffered' : 'same',
  );
  const [most, setMost] = useState(STEPS_AT_ONCE);
  const [open, setOpen] = useState<number | null>(null);
  const steps = result.steps.map((step, index) => ({ step, index })).filter(({ step }) => step.verdict === shown);
  return (
    <>
      <SegmentedControl
        aria-label="Which steps"
        value={shown}
        onChange={(value) => {
          setShown(value as Verdict);
          setMost(STEPS_AT_ONCE);
          setOpen(null);
        }}
        data={[
          { value: 'different', label: `Different (${grouped(result.different)})` },
          { value: 'notOffered', label: `Not offered (${grouped(result.notOffered)})` },
          { value: 'same', label: `Same (${grouped(result.same)})` },
        ]}
      />
      {steps.length === 0 && <p className={c.words}>There is none.</p>}
      <ul className={s.steps} aria-label="Steps">
        {steps.slice(0, most).map(({ step, index }) => (
          <li key={index}>
            <button
              type="button"
              className={s.step}
              aria-expanded={open === index}
              onClick={() => setOpen(open === index ? null : index)}
              data-testid="parity-step"
            >
              <Chip tone={VERDICTS[step.verdict].tone}>{VERDICTS[step.verdict].words}</Chip>
              <span title={step.label}>{step.label}</span>
              <span className="faint">{step.action}</span>
            </button>
            {open === index && <Answers step={step} index={index} result={result} />}
          </li>
        ))}
      </ul>
      {steps.length > most && (
        <Button onClick={() => setMost(most + STEPS_AT_ONCE * 4)} data-testid="more-steps">
          Show more: {grouped(String(steps.length - most))} further ones
        </Button>
      )}
    </>
  );
}

function Answers({ step, index, result }: { step: ParityStepRow; index: number; result: ParityResult }) {
  // The answers are those of this run, whatever is run later.
  const run = `${result.backends.map((backend) => backend.totalMilliseconds).join()}`;
  const answers = useAsk('parityAnswers', [index, run], (ask) => ask.parityAnswers(index));
  if (answers.isError) return <ErrorState error={toAppError(answers.error)} />;
  if (answers.data === undefined) return <Bones lines={3} label="Loading the answers" />;
  if (step.lacking !== null) return <p className={c.words}>Done on none: {step.lacking}.</p>;
  return (
    <>
      {step.place !== null && <p className={c.words}>The answers part at {step.place}.</p>}
      <div className={s.answers} data-testid="parity-answers">
        {answers.data.map((answer, at) => (
          <article className={s.answer} key={answer.backend}>
            <h3>
              {answer.backend}{' '}
              <span className="faint tabular">
                {step.milliseconds[at] == null ? '' : `${milliseconds(step.milliseconds[at])} ms`}
              </span>
            </h3>
            {answer.atPlace !== null && <p className={s.parts}>{answer.atPlace}</p>}
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
            <pre className="selectable" tabIndex={0}>
              {answer.json}
              {answer.cut ? '\n… and more' : ''}
            </pre>
          </article>
        ))}
      </div>
    </>
  );
}
