// Rows as text for other programs. Numbers stay as they are stored: nothing goes through a JavaScript number.
import type { EventDetail, EventRow } from '../../platform/wire';

export type CopyFormat = 'tsv' | 'json' | 'ids';

/** Most rows that are copied: more belong into a file, which an export writes. */
export const MOST_COPIED = 500n;

const COLUMNS: readonly (readonly [name: string, of: (row: EventRow) => string])[] = [
  ['position', (row) => row.position],
  ['recordedAt', (row) => row.recordedAt],
  ['stream', (row) => row.stream],
  ['version', (row) => row.version],
  ['eventType', (row) => row.eventType],
  ['schemaVersion', (row) => String(row.schemaVersion)],
  ['actor', (row) => row.actor ?? ''],
  ['correlationId', (row) => row.correlationId ?? ''],
  ['sentence', (row) => row.sentence ?? row.problem ?? ''],
];

const cell = (text: string): string => text.replace(/[\t\r\n]+/g, ' ');

/** A line of headings and one a row, for a spreadsheet. */
export function asTsv(rows: readonly EventRow[]): string {
  const lines = rows.map((row) => COLUMNS.map(([, of]) => cell(of(row))).join('\t'));
  return [COLUMNS.map(([name]) => name).join('\t'), ...lines].join('\n');
}

/** One JSON object a line, with the payload exactly as stored. */
export function asJsonLines(events: readonly EventDetail[]): string {
  return events.map(jsonLine).join('\n');
}

export function asIds(events: readonly EventDetail[]): string {
  return events.map((event) => event.eventId).join('\n');
}

function jsonLine({ row, eventId, causationId, contentHash, raw, binary }: EventDetail): string {
  const known = {
    position: row.position,
    eventId,
    stream: row.stream,
    version: row.version,
    eventType: row.eventType,
    schemaVersion: row.schemaVersion,
    recordedAt: row.recordedAt,
    actor: row.actor,
    correlationId: row.correlationId,
    causationId,
    contentHash,
  };
  const head = JSON.stringify(known).slice(0, -1);
  // Line breaks between the tokens of stored JSON mean nothing, and within its strings there are none.
  return binary ? `${head},"payloadHex":${JSON.stringify(raw)}}` : `${head},"payload":${raw.replace(/[\r\n]+/g, ' ')}}`;
}
