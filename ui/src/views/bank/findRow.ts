/** The selected row, if it is among those at hand: the first few thousand. */
export function findRow<T>(
  total: bigint | null,
  rowAt: (index: bigint) => T | undefined,
  isIt: (row: T) => boolean,
): T | null {
  const end = total === null ? 0n : total < 2000n ? total : 2000n;
  for (let index = 0n; index < end; index += 1n) {
    const row = rowAt(index);
    if (row !== undefined && isIt(row)) return row;
  }
  return null;
}
