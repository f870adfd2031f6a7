// Ids within payloads, metadata and states lead to what they name. A field is known by its name, a value by its form; what
// is not known for sure is no link.
import { type Place, places } from '../../app/place';
import type { JsonNode } from '../../platform/wire';

/** Where a value leads: a place, or the event with an id, whose position has to be asked for. */
export type IdLink = { to: Place } | { eventId: string };

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ID = /^[\w.-]{1,64}$/;
/** Categories whose streams are named `category-id`. */
const STREAM = /^(?:account|transfer|customer|order|transaction|quote|ledger)-\S{1,200}$/;

const account = (id: string): IdLink => ({ to: places.account(id) });
const customer = (id: string): IdLink => ({ to: places.customers(null, id) });
const transfer = (id: string): IdLink => ({ to: places.transfers(null, id) });
const order = (id: string): IdLink => ({ to: places.orders(id) });

/** What a field names, by its name; names of lists stand for their items. */
const FIELDS: readonly [RegExp, (id: string) => IdLink][] = [
  [/^(?:source|target|accounts|account|\w*[aA]ccountId)$/, account],
  [/^(?:customers|\w*[cC]ustomerId)$/, customer],
  [/^(?:transfers|\w*[tT]ransferId)$/, transfer],
  [/^(?:orders|\w*[oO]rderId)$/, order],
];

/** `account:100234` of a posting, `customer:C-1001` of an actor. */
function ofPrefixed(text: string): IdLink | null {
  const [, kind = '', id = ''] = /^(account|customer):([\w.-]{1,64})$/.exec(text) ?? [];
  if (kind === '') return null;
  return kind === 'account' ? account(id) : customer(id);
}

/** Where the value of a field leads; nothing if it is no id that is known. */
export function idLink(node: Pick<JsonNode, 'path' | 'key' | 'kind' | 'text'>): IdLink | null {
  const { kind, text } = node;
  if (kind !== 'string' || text === null || text === '') return null;
  const field = /^\d+$/.test(node.key) ? (node.path.split('/').at(-2) ?? '') : node.key;
  if (/^\$?correlationId$/.test(field) && UUID.test(text))
    return { to: places.events({ correlation: text }, null, 'oldest') };
  if ((/^\$?causationId$/.test(field) || /[eE]ventId$/.test(field)) && UUID.test(text)) return { eventId: text };
  if (field === 'actor') return { to: places.audit(text) };
  if (/^(?:stream|\w*Stream)$/.test(field) || STREAM.test(text)) return { to: places.events({ stream: text }) };
  const prefixed = ofPrefixed(text);
  if (prefixed !== null) return prefixed;
  if (!ID.test(text)) return null;
  return FIELDS.find(([name]) => name.test(field))?.[1](text) ?? null;
}
