import { ActionIcon, Button, Checkbox, Modal, NumberInput, TextInput } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconX } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { COLUMNS, toggleColumn } from '../../app/columns';
import type { ViewName } from '../../app/place';
import { changeSettings, useSettings } from '../../app/settings';
import { t } from '../../i18n';
import {
  AS_DESIGNED,
  COLUMN_WIDTH,
  changeLayout,
  inOrder,
  moved,
  useColumnLayout,
} from '../../shared/grid/columnLayout';
import type { Column } from '../../shared/grid/VirtualGrid';
import { problemOfPath } from './columnPath';
import s from './dialogs.module.css';

interface ColumnsDialogProps<T> {
  grid: ViewName;
  columns: readonly Column<T>[];
  /** Columns that are paths into the events, in the query's own keeping. */
  paths: readonly string[];
  onPaths: (paths: string[]) => void;
  opened: boolean;
  onClose: () => void;
}

/** Which columns are shown, in which order, how wide. */
export function ColumnsDialog<T>({ opened, onClose, ...rest }: ColumnsDialogProps<T>) {
  return (
    <Modal opened={opened} onClose={onClose} title={t('events.columns')} size={440}>
      <ColumnList {...rest} onClose={onClose} />
    </Modal>
  );
}

function ColumnList<T>({ grid, columns, paths, onPaths, onClose }: Omit<ColumnsDialogProps<T>, 'opened'>) {
  const layout = useColumnLayout(grid);
  const { hiddenColumns } = useSettings();
  const ordered = inOrder(columns, layout.order);
  const nameOf = (column: Column<T>) => column.title ?? String(column.header);
  const setWidth = (id: string, pixels: number | null) => {
    const { [id]: _, ...others } = layout.widths;
    changeLayout(grid, { widths: pixels === null ? others : { ...others, [id]: pixels } });
  };
  return (
    <>
      <ul className={s.columns}>
        {ordered.map((column, place) => {
          const name = nameOf(column);
          const always = !(COLUMNS[grid] ?? []).some(({ id }) => id === column.id);
          const hidden = (hiddenColumns[grid] ?? []).includes(column.id);
          const path = paths.find((one) => one === column.title);
          return (
            <li key={column.id} data-testid={`column-${column.id}`}>
              {path === undefined ? (
                <Checkbox
                  label={name}
                  checked={always || !hidden}
                  disabled={always}
                  onChange={() => toggleColumn(grid, column.id)}
                />
              ) : (
                <>
                  <span className="mono cut" title={path}>
                    {path}
                  </span>
                  <ActionIcon
                    aria-label={t('events.removeTheColumn', { path })}
                    onClick={() => onPaths(paths.filter((one) => one !== path))}
                  >
                    <IconX size={15} />
                  </ActionIcon>
                </>
              )}
              <span className={s.spacer} />
              <NumberInput
                w={92}
                aria-label={t('events.widthOfInPixels', { name })}
                placeholder={t('events.auto')}
                suffix={t('events.px')}
                value={layout.widths[column.id] ?? ''}
                min={COLUMN_WIDTH.least}
                max={COLUMN_WIDTH.most}
                step={10}
                clampBehavior="blur"
                onChange={(value) => {
                  const sound = typeof value === 'number' && value >= COLUMN_WIDTH.least && value <= COLUMN_WIDTH.most;
                  if (sound || value === '') setWidth(column.id, sound ? Math.round(value) : null);
                }}
              />
              <ActionIcon
                aria-label={t('events.moveToTheFront', { name })}
                disabled={place === 0}
                onClick={() => changeLayout(grid, { order: moved(ordered, column.id, -1) })}
              >
                <IconArrowUp size={15} />
              </ActionIcon>
              <ActionIcon
                aria-label={t('events.moveBack', { name })}
                disabled={place === ordered.length - 1}
                onClick={() => changeLayout(grid, { order: moved(ordered, column.id, 1) })}
              >
                <IconArrowDown size={15} />
              </ActionIcon>
            </li>
          );
        })}
      </ul>
      <AddPath paths={paths} onPaths={onPaths} />
      <div className={s.answers}>
        <Button
          onClick={() => {
            onPaths([]);
            changeLayout(grid, AS_DESIGNED);
            changeSettings({ hiddenColumns: { ...hiddenColumns, [grid]: [] } });
          }}
          data-testid="columns-reset"
        >
          {t('events.asDesigned')}
        </Button>
        <Button variant="filled" onClick={onClose}>
          {t('events.done')}
        </Button>
      </div>
    </>
  );
}

/** As many columns of this kind as a list has at most. */
const MOST_PATHS = 12;

/** A further column: a path that somebody types. It is kept with the query, and with it in its tab, its link and where it is saved. */
function AddPath({ paths, onPaths }: Pick<ColumnsDialogProps<unknown>, 'paths' | 'onPaths'>) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const full = paths.length >= MOST_PATHS;
  const add = (event: FormEvent) => {
    event.preventDefault();
    const path = text.trim();
    const wrong = paths.includes(path) ? t('events.thisColumnIsThereAlready') : problemOfPath(path);
    setProblem(wrong);
    if (wrong !== null) return;
    onPaths([...paths, path]);
    setText('');
  };
  return (
    <form className={s.addPath} onSubmit={add}>
      <TextInput
        label={t('events.aValueOfTheEventsAsAColumn')}
        description={t('events.aPathSuchAsAmountMinorOwnerName')}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setProblem(null);
        }}
        error={problem}
        disabled={full}
        spellCheck={false}
        autoComplete="off"
        data-testid="column-path"
      />
      <Button type="submit" disabled={full || text.trim() === ''} data-testid="column-path-add">
        {t('events.add')}
      </Button>
      {full && <p className="dim">{t('events.suchColumnsAreShownRemoveOneToAdd', { MOST_PATHS })}</p>}
    </form>
  );
}
