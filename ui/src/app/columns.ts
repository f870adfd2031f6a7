// Which columns of a grid are shown.

import { useMemo } from 'react';
import { t } from '../i18n';
import type { ViewName } from './place';
import { changeSettings, currentSettings, useSettings } from './settings';

/** The columns that may be left out, by view. What a row is known by always stays. */
export const COLUMNS: Readonly<Partial<Record<ViewName, readonly { id: string; title: string }[]>>> = {
  events: [
    {
      id: 'time',
      get title() {
        return t('app.time');
      },
    },
    {
      id: 'stream',
      get title() {
        return t('app.stream');
      },
    },
    {
      id: 'version',
      get title() {
        return t('app.version');
      },
    },
    {
      id: 'sentence',
      get title() {
        return t('app.whatHappened');
      },
    },
    {
      id: 'actor',
      get title() {
        return t('app.actor');
      },
    },
  ],
};

export function toggleColumn(view: ViewName, id: string): void {
  const { hiddenColumns } = currentSettings();
  const hidden = hiddenColumns[view] ?? [];
  const next = hidden.includes(id) ? hidden.filter((one) => one !== id) : [...hidden, id];
  changeSettings({ hiddenColumns: { ...hiddenColumns, [view]: next } });
}

/** The columns that are shown in a view's grid. */
export function useShownColumns<C extends { id: string }>(view: ViewName, columns: readonly C[]): readonly C[] {
  const hidden = useSettings().hiddenColumns[view];
  return useMemo(() => {
    const optional = COLUMNS[view] ?? [];
    return columns.filter(({ id }) => !hidden?.includes(id) || !optional.some((column) => column.id === id));
  }, [view, columns, hidden]);
}
