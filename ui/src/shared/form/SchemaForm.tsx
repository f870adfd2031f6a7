import {
  ActionIcon,
  Autocomplete,
  Button,
  Input,
  InputWrapper,
  Select,
  Switch,
  Textarea,
  TextInput,
} from '@mantine/core';
import { IconPlus, IconRefresh, IconTrash } from '@tabler/icons-react';
import { createContext, type ReactNode, useContext, useId } from 'react';
import { t } from '../../i18n';
import { decimalSign } from '../../i18n/numbers';
import { DateInput, described, TimeInput } from './DateInput';
import {
  changeAt,
  type Filling,
  fillingOf,
  inCurrency,
  isFillingObject,
  mayBeEmpty,
  newId,
  payingAccount,
} from './filling';
import { IdInput } from './IdInput';
import { exponentOf, understood } from './money';
import s from './SchemaForm.module.css';
import type { Field, Member } from './schema';

interface FormContextValue {
  mistakes: ReadonlyMap<string, string>;
  /** The field is the one that shows what is wrong, if that is another place. */
  change: (path: string, value: Filling, field?: string) => void;
  /** An account was chosen at a place, which has this currency. */
  follow: (path: string, currency: string) => void;
  disabled: boolean;
}

const FormContext = createContext<FormContextValue>({
  mistakes: new Map(),
  change: () => undefined,
  follow: () => undefined,
  disabled: false,
});

interface SchemaFormProps {
  schema: Extract<Field, { kind: 'object' }>;
  filling: Filling;
  /** Is told the field's JSON pointer too. */
  onChange: (filling: Filling, field: string) => void;
  /** By JSON pointer. */
  mistakes: ReadonlyMap<string, string>;
  disabled?: boolean;
}

/** `/postings/0/account` → `postings.0.account`: what a field is called in tests. */
export function fieldId(path: string): string {
  return `field-${path.slice(1).replaceAll('/', '.')}`;
}

/** A form made of a JSON Schema. */
export function SchemaForm({ schema, filling, onChange, mistakes, disabled = false }: SchemaFormProps) {
  const context: FormContextValue = {
    mistakes,
    disabled,
    change: (path, value, field = path) => onChange(changeAt(filling, path, value), field),
    follow: (path, currency) => {
      if (path !== `/${payingAccount(schema)}`) return;
      const following = inCurrency(schema, filling, currency);
      if (following !== filling) onChange(following, path);
    },
  };
  return (
    <FormContext value={context}>
      <Members members={schema.members} filling={filling} path="" />
    </FormContext>
  );
}

function Members({ members, filling, path }: { members: readonly Member[]; filling: Filling; path: string }) {
  return (
    <div className={s.members}>
      {members.map((member) => (
        <FieldInput
          key={member.name}
          field={member.field}
          filling={isFillingObject(filling) ? filling[member.name] : undefined}
          path={`${path}/${member.name}`}
          required={member.required}
        />
      ))}
    </div>
  );
}

interface FieldInputProps {
  field: Field;
  filling: Filling;
  path: string;
  required: boolean;
}

function FieldInput({ field, filling, path, required }: FieldInputProps) {
  const { mistakes, change, disabled } = useContext(FormContext);
  const mistake = mistakes.get(path) ?? null;
  const text = typeof filling === 'string' ? filling : '';
  const common = {
    label: field.title,
    description: field.help,
    error: mistake,
    withAsterisk: required && !mayBeEmpty(field),
    disabled,
    'data-testid': fieldId(path),
  };
  switch (field.kind) {
    case 'object':
      return (
        <Group title={field.title} help={field.help}>
          <Members members={field.members} filling={filling} path={path} />
        </Group>
      );
    case 'list':
      return <ListInput field={field} filling={filling} path={path} />;
    case 'money':
      return <MoneyInput field={field} filling={filling} path={path} required={required} />;
    case 'boolean':
      return (
        <Switch
          label={field.title}
          description={field.help}
          error={mistake}
          disabled={disabled}
          checked={filling === true}
          onChange={(event) => change(path, event.currentTarget.checked)}
          data-testid={fieldId(path)}
        />
      );
    case 'choice':
      return (
        <Select
          {...common}
          data={field.choices.map(({ value, label }) => ({ value, label }))}
          value={text === '' ? null : text}
          onChange={(value) => change(path, value ?? '')}
          placeholder={t('shared.choose')}
          clearable={!required}
          renderOption={({ option }) => {
            const help = field.choices.find((choice) => choice.value === option.value)?.help ?? null;
            return (
              <span className={s.choice}>
                {option.label}
                {help !== null && <span className="faint">{help}</span>}
              </span>
            );
          }}
        />
      );
    case 'json':
      return (
        <Textarea
          {...common}
          value={text}
          onChange={(event) => change(path, event.currentTarget.value)}
          autosize
          minRows={3}
          classNames={{ input: 'mono' }}
          placeholder="JSON"
        />
      );
    case 'integer':
      return (
        <TextInput
          {...common}
          value={text}
          inputMode="numeric"
          onChange={(event) => change(path, event.currentTarget.value)}
          placeholder={
            field.minimum === null ? t('shared.wholeNumber') : t('shared.wholeNumberFrom', { minimum: field.minimum })
          }
        />
      );
    case 'text':
      return <TextField field={field} text={text} path={path} common={common} />;
  }
}

type TextFieldProps = {
  field: Extract<Field, { kind: 'text' }>;
  text: string;
  path: string;
  common: {
    label: string;
    description: string | null;
    error: string | null;
    withAsterisk: boolean;
    disabled: boolean;
    'data-testid': string;
  };
};

const LONG_TEXT = 160;

function TextField({ field, text, path, common }: TextFieldProps) {
  const { change, follow } = useContext(FormContext);
  const set = (value: string) => change(path, value);
  if (!field.makesNew && (field.format === 'account-id' || field.format === 'customer-id')) {
    return (
      <IdInput
        {...common}
        of={field.format === 'account-id' ? 'account' : 'customer'}
        value={text}
        onChange={set}
        onCurrency={(currency) => follow(path, currency)}
      />
    );
  }
  if (field.format === 'currency' || field.format === 'posting-account') {
    return (
      <Autocomplete
        {...common}
        value={text}
        data={field.examples}
        onChange={(value) => set(field.format === 'currency' ? value.toUpperCase() : value)}
        placeholder={field.examples[0] ?? ''}
        classNames={{ input: 'mono' }}
      />
    );
  }
  if (field.format === 'date') return <DateInput {...common} value={text} onChange={set} />;
  if (field.format === 'date-time') return <TimeInput {...common} value={text} onChange={set} />;
  if (field.maxLength !== null && field.maxLength > LONG_TEXT) {
    return (
      <Textarea {...common} value={text} autosize minRows={2} onChange={(event) => set(event.currentTarget.value)} />
    );
  }
  const isId = field.pattern !== null || field.format === 'uuid';
  return (
    <TextInput
      {...common}
      value={text}
      onChange={(event) => set(event.currentTarget.value)}
      placeholder={field.examples[0] === undefined ? '' : t('shared.forExample', { examples: field.examples[0] })}
      classNames={isId ? { input: 'mono' } : {}}
      rightSection={
        field.makesNew ? (
          <ActionIcon
            aria-label={t('shared.newIdFor', { title: field.title })}
            title={t('shared.newId')}
            disabled={common.disabled}
            onClick={() => set(newId(field.examples[0] ?? ''))}
            data-testid={`${fieldId(path)}.new`}
          >
            <IconRefresh size={15} />
          </ActionIcon>
        ) : null
      }
    />
  );
}

function MoneyInput({
  field,
  filling,
  path,
  required,
}: FieldInputProps & { field: Extract<Field, { kind: 'money' }> }) {
  const { mistakes, change, disabled } = useContext(FormContext);
  const part = (name: string): string => {
    const value = isFillingObject(filling) ? filling[name] : undefined;
    return typeof value === 'string' ? value : '';
  };
  const currency = part('currency');
  const zero = exponentOf(currency) === 0 ? '0' : `0${decimalSign()}${'0'.repeat(exponentOf(currency))}`;
  const meant = understood(part('amount'), currency);
  const mistake = mistakes.get(path) ?? mistakes.get(`${path}/minor`) ?? mistakes.get(`${path}/currency`) ?? null;
  const id = useId();
  return (
    <InputWrapper
      id={id}
      label={field.title}
      description={described(field.help, meant === null ? null : `= ${meant}`)}
      error={mistake}
      withAsterisk={required}
      inputWrapperOrder={['label', 'description', 'input', 'error']}
    >
      <div className={s.money}>
        {/* Not a TextInput, whose own wrapper would hide help and mistake of this one from who does not see them. */}
        <Input
          id={id}
          size="xs"
          error={mistake !== null}
          disabled={disabled}
          value={part('amount')}
          inputMode="decimal"
          placeholder={zero}
          onChange={(event) => change(`${path}/amount`, event.currentTarget.value, path)}
          classNames={{ wrapper: s.amountRoot ?? '', input: s.amount ?? '' }}
          data-testid={fieldId(path)}
        />
        <Autocomplete
          aria-label={t('shared.currency', { title: field.title })}
          disabled={disabled}
          value={currency}
          data={[...new Set(['EUR', ...field.currencies])]}
          onChange={(value) => {
            const chosen = value.toUpperCase().slice(0, 3);
            change(path, { amount: part('amount'), currency: chosen, chosen: chosen !== '' });
          }}
          classNames={{ root: s.currency ?? '', input: 'mono' }}
          data-testid={`${fieldId(path)}.currency`}
        />
      </div>
    </InputWrapper>
  );
}

function ListInput({
  field,
  filling,
  path,
}: {
  field: Extract<Field, { kind: 'list' }>;
  filling: Filling;
  path: string;
}) {
  const { change, disabled, mistakes } = useContext(FormContext);
  const items = Array.isArray(filling) ? filling : [];
  return (
    <Group title={field.title} help={field.help} error={mistakes.get(path) ?? null}>
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items of a payload are known by their place alone
        <div key={index} className={s.item}>
          <div className={s.itemBody}>
            {field.item.kind === 'object' ? (
              <Members members={field.item.members} filling={item} path={`${path}/${index}`} />
            ) : (
              <FieldInput field={field.item} filling={item} path={`${path}/${index}`} required />
            )}
          </div>
          <ActionIcon
            aria-label={t('shared.removeItemOf', { index: index + 1, title: field.title })}
            disabled={disabled || items.length <= field.minimum}
            onClick={() =>
              change(
                path,
                items.filter((_, other) => other !== index),
              )
            }
          >
            <IconTrash size={15} />
          </ActionIcon>
        </div>
      ))}
      <Button
        size="compact-xs"
        leftSection={<IconPlus size={13} />}
        disabled={disabled}
        onClick={() => change(path, [...items, fillingOf(field.item, undefined)])}
        data-testid={`${fieldId(path)}.add`}
      >
        {t('shared.add')}
      </Button>
    </Group>
  );
}

interface GroupProps {
  title: string;
  help: string | null;
  error?: string | null;
  children: ReactNode;
}

function Group({ title, help, error = null, children }: GroupProps) {
  const id = useId();
  const about = [help === null ? null : `${id}-help`, error === null ? null : `${id}-error`].filter(
    (one) => one !== null,
  );
  return (
    <fieldset className={s.group} aria-describedby={about.length === 0 ? undefined : about.join(' ')}>
      <legend>{title}</legend>
      {help !== null && (
        <p id={`${id}-help`} className={s.help}>
          {help}
        </p>
      )}
      {children}
      {error !== null && (
        <p id={`${id}-error`} className={s.error}>
          {error}
        </p>
      )}
    </fieldset>
  );
}
