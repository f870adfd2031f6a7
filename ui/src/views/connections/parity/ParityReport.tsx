import { Button, SegmentedControl } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { useState } from 'react';
import { useAsk } from '../../../app/cache';
import { t } from '../../../i18n';
import { toAppError } from '../../../platform/platform';
import type { ParityResult, ParityStepRow } from '../../../platform/wire';
import { Bones, Chip, ErrorState } from '../../../shared/bits';
import { decimal, grouped } from '../../../shared/format';
import v from '../ConnectionsView.module.css';
import c from '../copy/CopyTab.module.css';
import s from './ParityTab.module.css';

const STEPS_AT_ONCE = 60;
const TONES = { same: 'good', different: 'bad', notOffered: 'warn' } as const;
type Verdict = keyof typeof TONES;

const milliseconds = (value: number | null) =>
  value === null ? '–' : value < 10 ? decimal(value.toFixed(2)) : value.toFixed(0);

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
          {result.cancelled && `${t('connections.parityStopped')} `}
          <strong>{result.agrees ? t('connections.sameAnswers') : t('connections.otherAnswers')}</strong>{' '}
          {t('connections.parityCounts', {
            count: result.same,
            different: grouped(result.different),
            notOffered: grouped(result.notOffered),
          })}
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
    <section className={s.wide} aria-label={t('connections.times')} tabIndex={0}>
      <table className={`${v.table} ${s.times}`} data-testid="parity-times">
        <caption className="visually-hidden">{t('connections.timesCaption')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('connections.timesStep')}</th>
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
            <th scope="row">{t('connections.allSteps')}</th>
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
        aria-label={t('connections.whichSteps')}
        value={shown}
        onChange={(value) => {
          setShown(value as Verdict);
          setMost(STEPS_AT_ONCE);
          setOpen(null);
        }}
        data={[
          { value: 'different', label: t('connections.differentSteps', { count: result.different }) },
          { value: 'notOffered', label: t('connections.notOfferedSteps', { count: result.notOffered }) },
          { value: 'same', label: t('connections.sameSteps', { count: result.same }) },
        ]}
      />
      {steps.length === 0 && <p className={c.words}>{t('connections.thereIsNone')}</p>}
      <ul className={s.steps} aria-label={t('connections.steps')}>
        {steps.slice(0, most).map(({ step, index }) => (
          <li key={index}>
            <button
              type="button"
              className={s.step}
              aria-expanded={open === index}
              onClick={() => setOpen(open === index ? null : index)}
              data-testid="parity-step"
            >
              <Chip tone={TONES[step.verdict]}>{t(`connections.verdict_${step.verdict}`)}</Chip>
              <span title={step.label}>{step.label}</span>
              <span className="faint">{step.action}</span>
            </button>
            {open === index && <Answers step={step} index={index} result={result} />}
          </li>
        ))}
      </ul>
      {steps.length > most && (
        <Button onClick={() => setMost(most + STEPS_AT_ONCE * 4)} data-testid="more-steps">
          {t('connections.showMore', { count: steps.length - most })}
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
  if (answers.data === undefined) return <Bones lines={3} label={t('connections.loadingAnswers')} />;
  if (step.lacking !== null) return <p className={c.words}>{t('connections.doneOnNone', { lacking: step.lacking })}</p>;
  return (
    <>
      {step.place !== null && <p className={c.words}>{t('connections.answersPart', { place: step.place })}</p>}
      <div className={s.answers} data-testid="parity-answers">
        {answers.data.map((answer, at) => (
          <article className={s.answer} key={answer.backend}>
            <h3>
              {answer.backend}{' '}
              <span className="faint tabular">
                {step.milliseconds[at] == null
                  ? ''
                  : t('connections.milliseconds', { value: milliseconds(step.milliseconds[at]) })}
              </span>
            </h3>
            {answer.atPlace !== null && <p className={s.parts}>{answer.atPlace}</p>}
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
            <pre className="selectable" tabIndex={0}>
              {answer.json}
              {answer.cut ? `\n${t('connections.andMore')}` : ''}
            </pre>
          </article>
        ))}
      </div>
    </>
  );
}
