// JSON whose numbers keep their text: nothing that a person fills in passes through a JavaScript number.
import { t } from '../../i18n';

/** A number as it was written. */
export class ExactNumber {
  constructor(readonly text: string) {}
}

export type ExactValue = string | boolean | null | ExactNumber | ExactValue[] | ExactObject;
export interface ExactObject {
  [key: string]: ExactValue;
}

export class JsonSyntaxError extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
    this.name = 'JsonSyntaxError';
  }
}

export function isObject(value: ExactValue | undefined): value is ExactObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these within a string
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const MAX_DEPTH = 128;

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  read(): ExactValue {
    const value = this.value(0);
    this.space();
    if (this.at < this.text.length) throw this.unexpected();
    return value;
  }

  private space(): void {
    while (this.at < this.text.length && ' \t\n\r'.includes(this.text.charAt(this.at))) this.at += 1;
  }

  private unexpected(): JsonSyntaxError {
    const before = this.text.slice(0, this.at);
    const line = before.split('\n').length;
    const column = this.at - before.lastIndexOf('\n');
    const found = this.at >= this.text.length ? t('shared.theEnd') : `“${this.text.charAt(this.at)}”`;
    return new JsonSyntaxError(t('shared.lineColumnDoesNotBelongHere', { line, column, found }), this.at);
  }

  private value(depth: number): ExactValue {
    if (depth > MAX_DEPTH) throw new JsonSyntaxError(t('shared.nestedTooDeeply'), this.at);
    this.space();
    const first = this.text.charAt(this.at);
    if (first === '{') return this.object(depth);
    if (first === '[') return this.array(depth);
    if (first === '"') return this.string();
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    const number = this.match(NUMBER);
    if (number === null) throw this.unexpected();
    return new ExactNumber(number);
  }

  private match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? null;
    if (found !== null) this.at += found.length;
    return found;
  }

  private string(): string {
    const literal = this.match(STRING);
    if (literal === null) throw this.unexpected();
    return JSON.parse(literal) as string;
  }

  private expect(sign: string): void {
    this.space();
    if (this.text.charAt(this.at) !== sign) throw this.unexpected();
    this.at += 1;
  }

  private ended(sign: string): boolean {
    this.space();
    if (this.text.charAt(this.at) !== sign) return false;
    this.at += 1;
    return true;
  }

  private object(depth: number): ExactObject {
    const object: ExactObject = {};
    this.expect('{');
    if (this.ended('}')) return object;
    do {
      this.space();
      const key = this.string();
      this.expect(':');
      Object.defineProperty(object, key, {
        value: this.value(depth + 1),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } while (this.ended(','));
    this.expect('}');
    return object;
  }

  private array(depth: number): ExactValue[] {
    const items: ExactValue[] = [];
    this.expect('[');
    if (this.ended(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.ended(','));
    this.expect(']');
    return items;
  }
}

/** Reads JSON; throws a `JsonSyntaxError` that names the place. */
export function parseExact(text: string): ExactValue {
  return new Reader(text).read();
}

/** Writes JSON, indented; numbers as they were written. */
export function formatExact(value: ExactValue, indent = ''): string {
  if (value instanceof ExactNumber) return value.text;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => inner + formatExact(item, inner)).join(',\n')}\n${indent}]`;
  }
  const fields = Object.entries(value);
  if (fields.length === 0) return '{}';
  const lines = fields.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${formatExact(item, inner)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}
