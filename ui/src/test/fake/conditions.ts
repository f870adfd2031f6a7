// A small part of CEL over invented states: names, whole numbers, texts, comparisons, sums, `&&`, `||`, `!`, `has` and `size`.
// What it does not know it refuses, as the engine does; it never guesses.
import type { ExpressionProblem } from '../../platform/wire';
import type { Json, JsonObject } from './bank';

export type FakeValue = { money: bigint; currency: string } | { json: Json } | { whole: bigint };
type Scope = Readonly<Record<string, Json | undefined>>;
type Node = (scope: Scope) => FakeValue;

export class BadExpression extends Error {
  constructor(readonly problem: ExpressionProblem) {
    super(problem.message);
  }
}

/** Why an expression came to nothing. */
export class NotEvaluable extends Error {}

interface Token {
  text: string;
  kind: 'name' | 'whole' | 'text' | 'sign';
  at: number;
}

const TOKEN =
  /\s+|(?<name>[A-Za-z_]\w*)|(?<whole>\d+)|(?<text>"[^"]*"|'[^']*')|(?<sign>&&|\|\||[<>=!]=|[<>!()+\-.,[\]])/y;
const KNOWN_FUNCTIONS = ['has', 'size'];

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) throw problemAt(at, `“${text[at]}” is not expected here`);
    for (const kind of ['name', 'whole', 'text', 'sign'] as const) {
      const part = groups[kind];
      if (part !== undefined) found.push({ text: part, kind, at });
    }
  }
  return found;
}

function problemAt(at: number, message: string): BadExpression {
  return new BadExpression({ message, line: 1, column: at + 1 });
}

/** What an expression comes to in a scope. */
export function compile(text: string): Node {
  const list = tokens(text);
  let next = 0;
  const end = text.length;
  const peek = () => list[next]?.text;
  const fail = (what: string) => problemAt(list[next]?.at ?? end, what);
  const take = (sign: string) => {
    if (peek() !== sign) throw fail(peek() === undefined ? `“${sign}” is missing` : `“${sign}” is expected here`);
    next += 1;
  };
  const binary = (below: () => Node, of: Readonly<Record<string, (a: FakeValue, b: FakeValue) => FakeValue>>) => () => {
    let left = below();
    for (;;) {
      const sign = peek();
      const apply = sign === undefined || list[next]?.kind !== 'sign' ? undefined : of[sign];
      if (apply === undefined) return left;
      next += 1;
      const [a, b] = [left, below()];
      left = (scope) => apply(a(scope), b(scope));
    }
  };
  const path = (first: Node): Node => {
    let node = first;
    for (;;) {
      const inner = node;
      if (peek() === '.') {
        next += 1;
        const name = list[next];
        if (name?.kind !== 'name') throw fail('a field’s name is expected after the point');
        next += 1;
        node = (scope) => member(inner(scope), name.text);
      } else if (peek() === '[') {
        next += 1;
        const index = expression();
        take(']');
        node = (scope) => member(inner(scope), textOf(index(scope)));
      } else return node;
    }
  };
  const called = (name: string): Node => {
    take('(');
    const inner = expression();
    take(')');
    if (name === 'size') return (scope) => ({ whole: BigInt(sizeOf(inner(scope))) });
    return (scope) => {
      try {
        inner(scope);
        return { json: true };
      } catch {
        return { json: false };
      }
    };
  };
  const primary = (): Node => {
    const token = list[next];
    if (token === undefined) throw fail('the expression ends too early');
    next += 1;
    if (token.text === '(') {
      const inner = expression();
      take(')');
      return path(inner);
    }
    if (token.text === '-') {
      const inner = primary();
      return (scope) => ({ whole: -wholeOf(inner(scope)) });
    }
    if (token.text === '!') {
      const inner = primary();
      return (scope) => ({ json: !yes(inner(scope)) });
    }
    if (token.kind === 'whole') return () => ({ whole: BigInt(token.text) });
    if (token.kind === 'text') return () => ({ json: token.text.slice(1, -1) });
    if (token.kind !== 'name') throw problemAt(token.at, `“${token.text}” is not expected here`);
    if (token.text === 'true' || token.text === 'false') return () => ({ json: token.text === 'true' });
    if (peek() === '(') {
      if (KNOWN_FUNCTIONS.includes(token.text)) return path(called(token.text));
      throw problemAt(token.at, `there is no function ${token.text}`);
    }
    return path((scope) => wrapped(scope[token.text], token.text));
  };
  const sums = binary(primary, {
    '+': (a, b) => added(a, b, 1n),
    '-': (a, b) => added(a, b, -1n),
  });
  const comparisons = binary(sums, {
    '<': (a, b) => ({ json: order(a, b) < 0 }),
    '<=': (a, b) => ({ json: order(a, b) <= 0 }),
    '>': (a, b) => ({ json: order(a, b) > 0 }),
    '>=': (a, b) => ({ json: order(a, b) >= 0 }),
    '==': (a, b) => ({ json: order(a, b) === 0 }),
    '!=': (a, b) => ({ json: order(a, b) !== 0 }),
  });
  const conjunctions = binary(comparisons, { '&&': (a, b) => ({ json: yes(a) && yes(b) }) });
  const expression: () => Node = binary(conjunctions, { '||': (a, b) => ({ json: yes(a) || yes(b) }) });
  const whole = expression();
  if (list[next] !== undefined) throw fail(`“${list[next]?.text}” is not expected here`);
  return whole;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrapped(value: Json | undefined, path: string): FakeValue {
  if (value === undefined) throw new NotEvaluable(`There is no ${path}.`);
  if (isObject(value) && typeof value.minor === 'string' && typeof value.currency === 'string') {
    return { money: BigInt(value.minor), currency: value.currency };
  }
  return typeof value === 'number' ? { whole: BigInt(value) } : { json: value };
}

function member(value: FakeValue, name: string): FakeValue {
  if ('json' in value && isObject(value.json)) return wrapped(value.json[name], name);
  throw new NotEvaluable(`There is no ${name}.`);
}

export function textOf(value: FakeValue): string {
  if ('whole' in value) return String(value.whole);
  if ('money' in value) return String(value.money);
  return typeof value.json === 'string' ? value.json : JSON.stringify(value.json);
}

function sizeOf(value: FakeValue): number {
  if ('json' in value && value.json !== null && typeof value.json === 'object') return Object.keys(value.json).length;
  if ('json' in value && typeof value.json === 'string') return value.json.length;
  throw new NotEvaluable('Only texts, lists and objects have a size.');
}

function wholeOf(value: FakeValue): bigint {
  if ('whole' in value) return value.whole;
  if ('money' in value) return value.money;
  throw new NotEvaluable(`${textOf(value)} is no number.`);
}

function added(a: FakeValue, b: FakeValue, sign: bigint): FakeValue {
  const sum = wholeOf(a) + sign * wholeOf(b);
  if ('money' in a) return { money: sum, currency: a.currency };
  return 'money' in b ? { money: sum, currency: b.currency } : { whole: sum };
}

function order(a: FakeValue, b: FakeValue): number {
  if ('json' in a && 'json' in b) return textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0;
  if ('money' in a && 'money' in b && a.currency !== b.currency) {
    throw new NotEvaluable(`${a.currency} and ${b.currency} are not compared.`);
  }
  const [one, other] = [wholeOf(a), wholeOf(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

export function yes(value: FakeValue): boolean {
  if ('json' in value && typeof value.json === 'boolean') return value.json;
  throw new NotEvaluable(`${textOf(value)} is neither true nor false.`);
}
