import { ActionIcon, Button, Checkbox, Modal, NumberInput } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { COLUMNS, toggleColumn } from '../../app/columns';
import type { ViewName } from '../../app/place';
import { changeSettings, useSettings } from '../../app/settings';
import {
  AS_DESIGNED,
  COLUMN_WIDTH,
  changeLayout,
  inOrder,
  moved,
  useColumnLayout,
} from '../../shared/grid/columnLayout';
import type { Column } from '../../shared/grid/VirtualGrid';
import s from './dialogs.module.css';

interface ColumnsDialogProps<T> {
  grid: ViewName;
  columns: readonly Column<T>[];
  opened: boolean;
  onClose: () => void;
}

/** Which columns are shown, in which order, how wide. */
export function ColumnsDialog<T>({ grid, columns, opened, onClose }: ColumnsDialogProps<T>) {
  return (
    <Modal opened={opened} onClose={onClose} title="Columns" size={440}>
      <ColumnList grid={grid} columns={columns} onClose={onClose} />
    </Modal>
  );
}

function ColumnList<T>({ grid, columns, onClose }: Omit<ColumnsDialogProps<T>, 'opened'>) {
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
          return (
            <li key={column.id} data-testid={`column-${column.id}`}>
              <Checkbox
                label={name}
                checked={always || !hidden}
                disabled={always}
                onChange={() => toggleColumn(grid, column.id)}
              />
              <span className={s.spacer} />
              <NumberInput
                w={92}
                aria-label={`Width of ${name} in pixels`}
                placeholder="auto"
                suffix=" px"
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
                aria-label={`Move ${name} to the front`}
                disabled={place === 0}
                onClick={() => changeLayout(grid, { order: moved(ordered, column.id, -1) })}
              >
                <IconArrowUp size={15} />
              </ActionIcon>
              <ActionIcon
                aria-label={`Move ${name} back`}
                disabled={place === ordered.length - 1}
                onClick={() => changeLayout(grid, { order: moved(ordered, column.id, 1) })}
              >
                <IconArrowDown size={15} />
              </ActionIcon>
            </li>
          );
        })}
      </ul>
      <div className={s.answers}>
        <Button
          onClick={() => {
            changeLayout(grid, AS_DESIGNED);
            changeSettings({ hiddenColumns: { ...hiddenColumns, [grid]: [] } });
          }}
          data-testid="columns-reset"
        >
          As designed
        </Button>
        <Button variant="filled" onClick={onClose}>
          Done
        </Button>
      </div>
    </>
  );
}
