import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useId, useState } from 'react';
import { useAsk } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { AppError, ExpressionProblem } from '../../platform/wire';
import s from './Tools.module.css';

interface ExpressionInputProps {
  label: string;
  placeholder: string;
  /** What the button says. */
  act: string;
  /** What stands in the field to begin with. */
  initial?: string;
  examples: readonly string[];
  /** Whether the field is empty again after it was taken. */
  clears?: boolean;
  onTake: (text: string) => void;
  testId: string;
}

const CHECK_AFTER_MILLISECONDS = 150;

/** A field for an expression; what is wrong with it is told beside it while it is typed. */
export function ExpressionInput({ initial = '', clears = false, examples, ...props }: ExpressionInputProps) {
  const platform = usePlatform();
  const id = useId();
  const [text, setText] = useState(initial);
  useEffect(() => setText(initial), [initial]);
  const [failure, setFailure] = useState<AppError | null>(null);
  const [settled] = useDebouncedValue(text.trim(), CHECK_AFTER_MILLISECONDS);
  const check = useAsk('checkExpression', [settled, 'state'], (ask) => ask.checkExpression(settled, 'state'), {
    enabled: settled !== '',
  });
  const [refused, setRefused] = useState<{ text: string; problem: ExpressionProblem } | null>(null);
  const problem =
    refused?.text === text.trim() ? refused.problem : settled === text.trim() ? (check.data?.problem ?? null) : null;

  const take = async (asked: string) => {
    const wanted = asked.trim();
    if (wanted === '') return;
    try {
      const checked = await platform.checkExpression(wanted, 'state');
      setFailure(null);
      if (checked.problem !== null) {
        setRefused({ text: wanted, problem: checked.problem });
        return;
      }
      if (clears) setText('');
      props.onTake(wanted);
    } catch (thrown) {
      setFailure(toAppError(thrown));
    }
  };

  return (
    <form
      className={s.expression}
      onSubmit={(event) => {
        event.preventDefault();
        void take(text);
      }}
    >
      <div className={s.expressionRow}>
        <TextInput
          aria-label={props.label}
          placeholder={props.placeholder}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={problem !== null}
          aria-invalid={problem !== null}
          aria-describedby={`${id}-told`}
          spellCheck={false}
          autoComplete="off"
          classNames={{ input: 'mono' }}
          flex={1}
          miw={0}
          data-tool-field
          data-testid={`${props.testId}-field`}
        />
        <Button type="submit" disabled={text.trim() === ''} data-testid={`${props.testId}-take`}>
          {props.act}
        </Button>
      </div>
      <p id={`${id}-told`} className={s.told} aria-live="polite" data-testid={`${props.testId}-told`}>
        {failure !== null ? (
          <span className={s.wrong}>{failure.message}</span>
        ) : problem !== null ? (
          <>
            <Caret text={text.trim()} problem={problem} />
            <span className={s.wrong}>
              {problem.line > 1
                ? t('time.problemAtLine', { line: problem.line, column: problem.column, message: problem.message })
                : t('time.problemAt', { column: problem.column, message: problem.message })}
            </span>
          </>
        ) : text.trim() === '' && examples.length > 0 ? (
          <span className={s.examples}>
            <span className="faint">{t('time.forExample')}</span>
            {examples.map((example) => (
              <button
                key={example}
                type="button"
                className={`${s.example} mono`}
                onClick={() => void take(example)}
                data-testid={`${props.testId}-example`}
              >
                {example}
              </button>
            ))}
          </span>
        ) : (
          <span className="faint">
            {rich('time.celOverTheStatesFieldsAmounts', {
              part: <code>event</code>,
              part2: <code>payload</code>,
              part3: <code>metadata</code>,
            })}
          </span>
        )}
      </p>
    </form>
  );
}

/** The text around the place where it is wrong, that place marked. */
function Caret({ text, problem }: { text: string; problem: ExpressionProblem }) {
  const line = [...(text.split('\n')[problem.line - 1] ?? '')];
  const at = problem.column - 1;
  const before = line.slice(Math.max(0, at - 18), at).join('');
  const after = line.slice(at + 1, at + 19).join('');
  return (
    <code className={`${s.caret} mono`} aria-hidden="true">
      {before}
      <mark>{line[at] ?? '␣'}</mark>
      {after}
    </code>
  );
}
