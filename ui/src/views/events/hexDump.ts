// Bytes that are no JSON, as people have always read them.

const ROW_BYTES = 16;

export interface HexRow {
  /** Of its first byte, hexadecimal. */
  offset: string;
  hex: string;
  /** Printable ASCII; a dot for everything else. */
  ascii: string;
}

/** Rows of sixteen bytes from hexadecimal digits. */
export function hexRows(digits: string): HexRow[] {
  const bytes = digits.match(/[0-9a-f]{2}/gi) ?? [];
  const rows: HexRow[] = [];
  for (let at = 0; at < bytes.length; at += ROW_BYTES) {
    const row = bytes.slice(at, at + ROW_BYTES);
    const half = (from: number) => row.slice(from, from + ROW_BYTES / 2).join(' ');
    rows.push({
      offset: at.toString(16).padStart(8, '0'),
      hex: `${half(0)}  ${half(ROW_BYTES / 2)}`.padEnd(ROW_BYTES * 3),
      ascii: row.map((byte) => printable(Number.parseInt(byte, 16))).join(''),
    });
  }
  return rows;
}

const printable = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.');
