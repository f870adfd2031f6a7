// What a person has filled in so far, and what it means as a payload.
import { t } from '../../i18n';
import { ExactNumber, type ExactObject, type ExactValue, formatExact, isObject, parseExact } from './exactJson';
import { fromMinor, toMinor } from './money';
import type { Field, Member } from './schema';

type ObjectField = Extract<Field, { kind: 'object' }>;

/** Filled-in texts in the shape of the schema. Money is kept as typed, beside its currency. */
export type Filling = string | boolean | Filling[] | { [name: string]: Filling } | undefined;
export type FillingObject = { [name: string]: Filling };

export interface Mistake {
  /** JSON pointer. */
  path: string;
  message: string;
}

export const isFillingObject = (filling: Filling): filling is FillingObject =>
  typeof filling === 'object' && !Array.isArray(filling);

const textOf = (value: ExactValue | undefined): string =>
  value === undefined || value === null
    ? ''
    : value instanceof ExactNumber
      ? value.text
      : typeof value === 'string'
        ? value
        : formatExact(value);

/** What a form shows for a payload. */
export function fillingOf(field: Field, value: ExactValue | undefined): Filling {
  switch (field.kind) {
    case 'object': {
      const filling: FillingObject = {};
      for (const { name, field: member } of field.members) {
        filling[name] = fillingOf(member, isObject(value) ? value[name] : undefined);
      }
      return filling;
    }
    case 'money': {
      const currency = isObject(value) ? textOf(value.currency) : '';
      const minor = isObject(value) ? textOf(value.minor) : '';
      const known = currency || field.currencies[0] || 'EUR';
      return { amount: minor === '' ? '' : fromMinor(minor, known), currency: known };
    }
    case 'list': {
      const items = Array.isArray(value) ? value : [];
      const filled = items.map((item) => fillingOf(field.item, item));
      while (filled.length < field.minimum) filled.push(fillingOf(field.item, undefined));
      return filled;
    }
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'json':
      return value === undefined ? '' : formatExact(value);
    default:
      return textOf(value);
  }
}

interface Read {
  value: ExactValue | undefined;
  mistakes: Mistake[];
}

const good = (value: ExactValue | undefined): Read => ({ value, mistakes: [] });
const bad = (path: string, message: string): Read => ({ value: undefined, mistakes: [{ path, message }] });

/** The payload that a filling means. Empty optional fields are left out. */
export function payloadOf(field: Field, filling: Filling, path = '', required = true): Read {
  switch (field.kind) {
    case 'object':
      return readMembers(field, filling, path, required);
    case 'money':
      return readMoney(field, filling, path, required);
    case 'list': {
      const mistakes: Mistake[] = [];
      const items: ExactValue[] = [];
      for (const [index, item] of (Array.isArray(filling) ? filling : []).entries()) {
        const read = payloadOf(field.item, item, `${path}/${index}`);
        mistakes.push(...read.mistakes);
        if (read.value !== undefined) items.push(read.value);
      }
      return { value: items.length === 0 && !required ? undefined : items, mistakes };
    }
    case 'boolean':
      return good(typeof filling === 'boolean' ? filling : required ? false : undefined);
    default:
      return readText(field, typeof filling === 'string' ? filling.trim() : '', path, required);
  }
}

function readText(field: Field, text: string, path: string, required: boolean): Read {
  if (text === '') return !required ? good(undefined) : mayBeEmpty(field) ? good('') : bad(path, t('shared.isNeeded'));
  if (field.kind === 'integer') {
    return /^-?(0|[1-9]\d*)$/.test(text) ? good(new ExactNumber(text)) : bad(path, t('shared.isNotAWholeNumber'));
  }
  if (field.kind === 'json') {
    try {
      return good(parseExact(text));
    } catch (thrown) {
      return bad(path, thrown instanceof Error ? thrown.message : t('shared.isNotJson'));
    }
  }
  return good(text);
}

/** Whether an empty text is an answer. */
export function mayBeEmpty(field: Field): boolean {
  return field.kind === 'text' && field.minLength === 0 && field.pattern === null && field.format === null;
}

function readMembers(
  field: Extract<Field, { kind: 'object' }>,
  filling: Filling,
  path: string,
  required: boolean,
): Read {
  const object: ExactObject = {};
  const mistakes: Mistake[] = [];
  for (const member of field.members) {
    const part = isFillingObject(filling) ? filling[member.name] : undefined;
    const read = payloadOf(member.field, part, `${path}/${member.name}`, member.required);
    mistakes.push(...read.mistakes);
    if (read.value !== undefined) object[member.name] = read.value;
  }
  if (!required && Object.keys(object).length === 0) return good(undefined);
  return { value: object, mistakes };
}

function readMoney(field: Extract<Field, { kind: 'money' }>, filling: Filling, path: string, required: boolean): Read {
  const amount = isFillingObject(filling) && typeof filling.amount === 'string' ? filling.amount : '';
  const currency = isFillingObject(filling) && typeof filling.currency === 'string' ? filling.currency : '';
  if (amount.trim() === '') return required ? bad(path, t('shared.isNeeded')) : good(undefined);
  if (!/^[A-Z]{3}$/.test(currency)) return bad(path, t('shared.typeTheThreeLettersOfACurrencySuch'));
  const minor = toMinor(amount, currency);
  if (!minor.ok) return bad(path, minor.problem);
  const value = BigInt(minor.minor);
  if (field.sign === 'positive' && value <= 0n) return bad(path, t('shared.mustBeMoreThanZero'));
  if (field.sign === 'notNegative' && value < 0n) return bad(path, t('shared.mustNotBeNegative'));
  return good({ minor: minor.minor, currency });
}

/** The account that says in which currency a form's amounts are: the first one that is there already. */
export function payingAccount(schema: ObjectField): string | null {
  const ofAccount = ({ field }: Member) => field.kind === 'text' && field.format === 'account-id' && !field.makesNew;
  return schema.members.find(ofAccount)?.name ?? null;
}

/** Amounts in the currency of an account, but for those whose currency somebody has chosen. The same, if they are. */
export function inCurrency(schema: ObjectField, filling: Filling, currency: string): Filling {
  if (!isFillingObject(filling)) return filling;
  let next: FillingObject = filling;
  for (const { name, field } of schema.members) {
    const money = filling[name];
    if (field.kind !== 'money' || !isFillingObject(money) || money.chosen === true) continue;
    if (money.currency !== currency) next = { ...next, [name]: { ...money, currency } };
  }
  return next;
}

/** A filling with one place changed; the path is a JSON pointer. */
export function changeAt(filling: Filling, path: string, value: Filling): Filling {
  const [head, ...rest] = path.split('/').slice(1);
  if (head === undefined) return value;
  const tail = rest.length === 0 ? '' : `/${rest.join('/')}`;
  if (Array.isArray(filling)) {
    return filling.map((item, index) => (String(index) === head ? changeAt(item, tail, value) : item));
  }
  const object = isFillingObject(filling) ? filling : {};
  return { ...object, [head]: changeAt(object[head], tail, value) };
}

/** Digits and capital letters that are not mistaken for one another. */
const ID_LETTERS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

/** Ids of things that a command makes, so that nobody has to think one up: spelled like the schema's example. */
export function withNewIds(schema: ObjectField, filling: Filling, overwrite = false): Filling {
  const filled: FillingObject = isFillingObject(filling) ? { ...filling } : {};
  for (const { name, field, required } of schema.members) {
    if (!required || field.kind !== 'text' || !field.makesNew || (filled[name] && !overwrite)) continue;
    filled[name] = newId(field.examples[0] ?? '');
  }
  return filled;
}

/** An account of this bank, to fill an example with. */
export interface Known {
  account: string;
  customer: string;
  currency: string;
}

/** An example names accounts and customers that this bank may not have: then they are replaced by some that it has. */
export function withKnownIds(schema: ObjectField, filling: Filling, known: readonly Known[]): Filling {
  const filled: FillingObject = isFillingObject(filling) ? { ...filling } : {};
  const first = known[0];
  if (first === undefined) return filled;
  const alike = known.filter((one) => one.currency === first.currency);
  let next = 0;
  for (const { name, field } of schema.members) {
    if (field.kind === 'money' && isFillingObject(filled[name])) {
      filled[name] = { ...(filled[name] as FillingObject), currency: first.currency };
    }
    if (field.kind !== 'text' || field.makesNew || !filled[name]) continue;
    if (field.format === 'account-id') {
      filled[name] = alike[next % alike.length]?.account ?? '';
      next += 1;
    } else if (field.format === 'customer-id') {
      filled[name] = first.customer;
    }
  }
  return filled;
}

/** An id that nobody has used, spelled like the example. */
export function newId(example: string): string {
  const prefix = /^[A-Za-z]+-?/.exec(example)?.[0] ?? '';
  const letters = prefix === '' ? '0123456789' : ID_LETTERS;
  const random = crypto.getRandomValues(new Uint8Array(8));
  const tail = Array.from(random, (byte) => letters.charAt(byte % letters.length)).join('');
  return prefix === '' ? `8${tail}` : prefix + tail;
}
