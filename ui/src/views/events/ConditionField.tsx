import { ActionIcon, Button, Menu, TextInput } from '@mantine/core';
import { IconBulb, IconX } from '@tabler/icons-react';
import { useEffect, useId, useRef, useState } from 'react';
import { usePlatform } from '../../app/PlatformContext';
import { rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { ExpressionCheck } from '../../platform/wire';
import s from './ConditionField.module.css';
import { aroundProblem, EXAMPLES } from './condition';

const WAIT_MILLISECONDS = 180;

type Checked = { text: string; check: ExpressionCheck } | { text: string; failure: string };

interface ConditionFieldProps {
  value: string | null;
  onChange: (condition: string | null) => void;
  onClose: () => void;
}

/** A condition that is checked while it is typed, and asked when it is sound and one says so. */
export function ConditionField({ value, onChange, onClose }: ConditionFieldProps) {
  const platform = usePlatform();
  const [text, setText] = useState(value ?? '');
  const [checked, setChecked] = useState<Checked | null>(null);
  const help = useId();
  const field = useRef<HTMLInputElement>(null);
  const told = useRef(value);
  useEffect(() => {
    if (told.current === value) return;
    told.current = value;
    setText(value ?? '');
  }, [value]);

  const asked = text.trim();
  useEffect(() => {
    if (asked === '') {
      setChecked(null);
      return;
    }
    let current = true;
    const timer = window.setTimeout(() => {
      platform.checkExpression(asked, 'events').then(
        (check) => current && setChecked({ text: asked, check }),
        (thrown: unknown) => current && setChecked({ text: asked, failure: toAppError(thrown).message }),
      );
    }, WAIT_MILLISECONDS);
    return () => {
      current = false;
      window.clearTimeout(timer);
    };
  }, [platform, asked]);

  const now = checked !== null && checked.text === asked ? checked : null;
  const check = now !== null && 'check' in now ? now.check : null;
  const problem = check?.problem ?? null;
  const sound = asked === '' || (check !== null && problem === null);
  const changed = asked !== (value ?? '');
  const apply = () => {
    if (!sound || !changed) return;
    told.current = asked === '' ? null : asked;
    onChange(told.current);
  };

  return (
    <form
      className={s.row}
      aria-label={t('events.condition')}
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <TextInput
        ref={field}
        className={s.field ?? ''}
        classNames={{ input: s.input ?? '' }}
        aria-label={t('events.conditionOnEventPayloadMetadataAnd')}
        aria-describedby={help}
        placeholder="payload.amount > 100000"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        error={problem !== null}
        spellCheck={false}
        autoComplete="off"
        autoFocus={value === null}
        data-testid="condition"
      />
      <Menu position="bottom-end" width={430}>
        <Menu.Target>
          <ActionIcon
            variant="default"
            size={28}
            aria-label={t('events.examplesOfConditions')}
            data-testid="condition-examples"
          >
            <IconBulb size={15} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {EXAMPLES().map(({ condition, about }) => (
            <Menu.Item
              key={condition}
              onClick={() => {
                setText(condition);
                field.current?.focus();
              }}
            >
              <code className="mono">{condition}</code>
              <div className="faint">{about}</div>
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Button type="submit" variant="filled" h={28} disabled={!sound || !changed} data-testid="condition-apply">
        {t('events.apply')}
      </Button>
      <ActionIcon size={28} aria-label={t('events.closeTheCondition')} onClick={onClose} data-testid="condition-close">
        <IconX size={14} />
      </ActionIcon>
      <p id={help} className={s.help} aria-live="polite" data-testid="condition-help">
        {problem !== null ? (
          <span className={s.bad} data-testid="condition-problem">
            {t('events.lineCharacter', { line: problem.line, column: problem.column, message: problem.message })}{' '}
            <Place text={asked} problem={problem} />
          </span>
        ) : now !== null && 'failure' in now ? (
          <span className={s.bad}>{now.failure}</span>
        ) : check?.needsState === true ? (
          t('events.itLooksAtTheStateEveryStreamHasTo')
        ) : (
          rich('events.celOnAndEventsWithoutWhatItNames', {
            part: <code>event</code>,
            part2: <code>payload</code>,
            part3: <code>metadata</code>,
            part4: <code>state</code>,
          })
        )}
      </p>
    </form>
  );
}

function Place({ text, problem }: { text: string; problem: NonNullable<ExpressionCheck['problem']> }) {
  const { before, at, after } = aroundProblem(text, problem);
  return (
    <code className={s.place} aria-hidden="true">
      {before}
      <mark>{at === '' ? ' ' : at}</mark>
      {after}
    </code>
  );
}
