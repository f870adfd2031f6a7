// The part of JSON Schema that commands use, read into fields that can be drawn.

export interface Choice {
  value: string;
  label: string;
  help: string | null;
}

interface Base {
  title: string;
  help: string | null;
}

export type Field = Base &
  (
    | {
        kind: 'text';
        format: string | null;
        pattern: string | null;
        minLength: number;
        maxLength: number | null;
        examples: string[];
        /** Whether it is the id of what the command makes, which nobody has to think up. */
        makesNew: boolean;
      }
    | { kind: 'choice'; choices: Choice[] }
    | { kind: 'integer'; minimum: string | null; maximum: string | null }
    | { kind: 'boolean' }
    | { kind: 'money'; sign: 'any' | 'positive' | 'notNegative'; currencies: string[] }
    | { kind: 'object'; members: Member[] }
    | { kind: 'list'; item: Field; minimum: number }
    /** Anything else is typed as JSON. */
    | { kind: 'json' }
  );

export interface Member {
  name: string;
  required: boolean;
  field: Field;
}

type Node = { [key: string]: unknown };

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const count = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** `overdraftLimit` → `Overdraft limit`. */
export function titleFromName(name: string): string {
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** Reads a schema's text; nothing if it is no object schema. */
export function readSchema(schema: string): Extract<Field, { kind: 'object' }> | null {
  let root: unknown;
  try {
    root = JSON.parse(schema);
  } catch {
    return null;
  }
  if (!isNode(root)) return null;
  const field = readField('', root, root, 0);
  return field.kind === 'object' ? field : null;
}

const MAX_DEPTH = 12;

function resolve(node: Node, root: Node): Node {
  const reference = text(node.$ref);
  if (reference === null || !reference.startsWith('#/')) return node;
  let target: unknown = root;
  for (const part of reference.slice(2).split('/')) target = isNode(target) ? target[part] : undefined;
  return isNode(target) ? { ...target, ...node, $ref: undefined } : node;
}

/** A choice of one thing or nothing is that thing: optional fields are left out, never null. */
function unwrap(node: Node, root: Node): Node {
  const resolved = resolve(node, root);
  const branches = [...list(resolved.anyOf), ...list(resolved.allOf)]
    .filter(isNode)
    .filter((one) => one.type !== 'null');
  const [only, ...others] = branches;
  if (only === undefined || others.length > 0) return resolved;
  return { ...resolve(only, root), ...resolved, anyOf: undefined, allOf: undefined };
}

function readField(name: string, asked: Node, root: Node, depth: number): Field {
  const node = unwrap(asked, root);
  const base: Base = { title: text(node.title) ?? titleFromName(name), help: text(node.description) };
  const types = (Array.isArray(node.type) ? node.type : [node.type]).filter((type) => type !== 'null');
  const choices = readChoices(node);
  if (choices.length > 0) return { ...base, kind: 'choice', choices };
  if (depth > MAX_DEPTH || types.length !== 1) return { ...base, kind: 'json' };
  switch (types[0]) {
    case 'string':
      return {
        ...base,
        kind: 'text',
        format: text(node.format),
        pattern: text(node.pattern),
        minLength: count(node.minLength) ?? 0,
        maxLength: count(node.maxLength),
        examples: list(node.examples).filter((one) => typeof one === 'string'),
        makesNew: node['x-new-id'] === true,
      };
    case 'integer':
      return { ...base, kind: 'integer', minimum: bound(node.minimum), maximum: bound(node.maximum) };
    case 'boolean':
      return { ...base, kind: 'boolean' };
    case 'array':
      return isNode(node.items)
        ? {
            ...base,
            kind: 'list',
            item: readField('', node.items, root, depth + 1),
            minimum: count(node.minItems) ?? 0,
          }
        : { ...base, kind: 'json' };
    case 'object':
      return readObject(base, node, root, depth);
    default:
      return { ...base, kind: 'json' };
  }
}

function bound(value: unknown): string | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : null;
}

function readChoices(node: Node): Choice[] {
  const plain = list(node.enum).filter((value) => typeof value === 'string');
  // Where the schema's own words are not those of its values, it names them.
  const labels = isNode(node.enumLabels) ? node.enumLabels : {};
  if (plain.length > 0) {
    return plain.map((value) => ({ value, label: text(labels[value]) ?? titleFromName(value), help: null }));
  }
  const constants = list(node.oneOf).filter(isNode);
  if (constants.length === 0 || constants.length !== list(node.oneOf).length) return [];
  const choices: Choice[] = [];
  for (const one of constants) {
    const values = one.const === undefined ? list(one.enum) : [one.const];
    for (const value of values) {
      if (typeof value !== 'string') return [];
      choices.push({ value, label: titleFromName(value), help: text(one.description) });
    }
    if (values.length === 0) return [];
  }
  return choices;
}

function readObject(base: Base, node: Node, root: Node, depth: number): Field {
  const properties = isNode(node.properties) ? node.properties : null;
  if (properties === null) return { ...base, kind: 'json' };
  const names = Object.keys(properties);
  if (names.length === 2 && isNode(properties.minor) && isNode(properties.currency)) {
    const format = text(unwrap(properties.minor, root).format);
    const currency = unwrap(properties.currency, root);
    return {
      ...base,
      kind: 'money',
      sign: format === 'positive-minor-units' ? 'positive' : format === 'limit-minor-units' ? 'notNegative' : 'any',
      currencies: [...list(currency.enum), ...list(currency.examples)].filter((one) => typeof one === 'string'),
    };
  }
  const required = list(node.required);
  const members: Member[] = [];
  for (const name of names) {
    const property = properties[name];
    if (!isNode(property)) return { ...base, kind: 'json' };
    members.push({ name, required: required.includes(name), field: readField(name, property, root, depth + 1) });
  }
  return { ...base, kind: 'object', members };
}
