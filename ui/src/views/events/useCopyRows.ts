import { showDone, showError } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import { t } from '../../i18n';
import { PlatformError } from '../../platform/platform';
import type { EventDetail, EventRow } from '../../platform/wire';
import { copyText } from '../../shared/bits';
import { grouped } from '../../shared/format';
import type { RowRange } from '../../shared/grid/VirtualGrid';
import { asIds, asJsonLines, asTsv, type CopyFormat, MOST_COPIED } from './copyRows';

/** Details that are asked for at once. */
const AT_ONCE = 4;

/** Copies rows of an open query; `chosen` counts them in ascending position, `newest` says that they are shown the other way. */
export function useCopyRows(queryId: string | null, chosen: RowRange | null, newest: boolean) {
  const platform = usePlatform();

  const details = async (rows: readonly EventRow[]): Promise<EventDetail[]> => {
    const found = new Array<EventDetail>(rows.length);
    let next = 0;
    const work = async () => {
      for (let at = next++; at < rows.length; at = next++) {
        const row = rows[at];
        if (row !== undefined) found[at] = await platform.eventDetail(row.position);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return found;
  };

  return async (format: CopyFormat): Promise<void> => {
    if (queryId === null || chosen === null) return;
    const count = chosen.last - chosen.first + 1n;
    try {
      if (count > MOST_COPIED) {
        throw new PlatformError({
          code: 'too_many_rows',
          message: t('events.tooManyRows', { count }),
          hint: t('events.chooseAtMostOrExportTheWholeMatch', { MOST_COPIED: grouped(String(MOST_COPIED)) }),
          retryable: false,
        });
      }
      const block = await platform.eventsBlock(queryId, String(chosen.first), Number(count), []);
      const rows = newest ? block.events.toReversed() : block.events;
      const text =
        format === 'tsv'
          ? asTsv(rows)
          : format === 'ids'
            ? asIds(await details(rows))
            : asJsonLines(await details(rows));
      await copyText(text);
      showDone(t('events.copiedRows', { count: rows.length }));
    } catch (thrown) {
      showError(thrown);
    }
  };
}
