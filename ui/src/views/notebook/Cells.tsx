import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { isTyping } from '../../app/focus';
import { showDone, showReason } from '../../app/notify';
import { clockIn, places, readAddress } from '../../app/place';
import { go, usePlaceOf } from '../../app/router';
import { t } from '../../i18n';
import type { NotebookCell, NotebookView } from '../../platform/wire';
import { CellFrame } from './CellFrame';
import s from './NotebookView.module.css';
import { PinBody } from './PinBody';
import { TitleDialog } from './TitleDialog';
import type { Checks } from './useChecks';
import type { ChangeNotebook } from './useNotebook';

interface CellsProps {
  notebook: NotebookView;
  checks: Checks;
  change: ChangeNotebook;
}

/** What a cell is called. */
export const titleOfCell = (cell: NotebookCell): string =>
  cell.kind === 'pin' ? cell.title : cell.text.split('\n')[0]?.trim() || t('notebook.text');

/** The cells, one of which has the focus; every key of the notebook is taken here. */
export function Cells({ notebook, checks, change }: CellsProps) {
  const place = usePlaceOf('notebook');
  const { cells } = notebook;
  const [writing, setWriting] = useState<string | null>(null);
  const [renaming, setRenaming] = useState<string | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const wanted = useRef<string | null>(place.cell);
  const at = Math.max(
    0,
    cells.findIndex((cell) => cell.id === place.cell),
  );
  const current = cells[at];

  const choose = (cell: NotebookCell | undefined) => {
    if (cell === undefined) return;
    wanted.current = cell.id;
    go(places.notebook(notebook.id, cell.id), 'replace');
  };
  useLayoutEffect(() => {
    if (wanted.current === null || writing !== null) return;
    const cell = list.current?.querySelector<HTMLElement>(`[data-cell="${CSS.escape(wanted.current)}"]`);
    if (cell == null) return;
    wanted.current = null;
    cell.focus();
    cell.scrollIntoView({ block: 'nearest' });
  });
  // Who comes to the notebook by a key goes on with keys.
  useEffect(() => {
    if (document.activeElement === document.body) list.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }, []);

  const move = async (cell: NotebookCell, to: number) => {
    if (to < 0 || to >= cells.length) return;
    if ((await change({ kind: 'move', cell: cell.id, to })) !== null) choose(cell);
  };
  const remove = async (cell: NotebookCell) => {
    const next = cells[at + 1] ?? cells[at - 1];
    if ((await change({ kind: 'remove', cell: cell.id })) === null) return;
    choose(next);
    showDone(t('notebook.removed'));
  };
  const undo = async () => {
    if (notebook.undoable === 0) return showReason(t('notebook.undoRefused'));
    const changed = await change({ kind: 'undo' });
    const back = changed?.cells.find((cell) => !cells.some((other) => other.id === cell.id));
    choose(back);
    showDone(t('notebook.back'));
  };
  const addText = async (after: NotebookCell) => {
    const changed = await change({ kind: 'addText', after: after.id, text: '' });
    const added = changed?.cells.find((cell) => !cells.some((other) => other.id === cell.id));
    if (added === undefined) return;
    choose(added);
    setWriting(added.id);
  };
  const follow = (cell: NotebookCell) => {
    if (cell.kind !== 'pin') return setWriting(cell.id);
    const to = readAddress(cell.address);
    if (to === null) showReason(t('notebook.gone'));
    else go(to, 'push', clockIn(cell.address));
  };
  const write = async (cell: NotebookCell, text: string) => {
    setWriting(null);
    wanted.current = cell.id;
    const before = cell.kind === 'pin' ? cell.note : cell.text;
    if (text !== before) await change({ kind: 'write', cell: cell.id, text });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || current === undefined) return;
    const onCell = event.target instanceof HTMLElement && event.target.dataset.cell !== undefined;
    const moves: Record<string, () => void> = event.altKey
      ? { ArrowUp: () => void move(current, at - 1), ArrowDown: () => void move(current, at + 1) }
      : {
          j: () => choose(cells[at + 1]),
          k: () => choose(cells[at - 1]),
          e: () => setWriting(current.id),
          i: () => void addText(current),
          c: checks.run,
          u: () => void undo(),
          r: () => current.kind === 'pin' && setRenaming(current.id),
          Delete: () => void remove(current),
          // On a button within a cell these are the button's own.
          ...(onCell
            ? {
                ArrowDown: () => choose(cells[at + 1]),
                ArrowUp: () => choose(cells[at - 1]),
                Home: () => choose(cells[0]),
                End: () => choose(cells.at(-1)),
                Enter: () => follow(current),
              }
            : {}),
        };
    const act = moves[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };

  const renamed = cells.find((cell) => cell.id === renaming);
  return (
    <>
      <ol
        ref={list}
        className={s.cells}
        aria-label={t('notebook.cells')}
        data-notebook
        data-testid="notebook-cells"
        onKeyDown={onKeyDown}
      >
        {cells.map((cell, index) => (
          <CellFrame
            key={cell.id}
            cell={cell}
            stop={index === at}
            writing={writing === cell.id}
            check={cell.kind === 'pin' ? (checks.byPin?.get(cell.id) ?? null) : null}
            onFocus={() => {
              if (cell.id !== place.cell) go(places.notebook(notebook.id, cell.id), 'replace');
            }}
            onWrite={() => setWriting(cell.id)}
            onText={(text) => void write(cell, text)}
            onFollow={() => follow(cell)}
            onUp={index === 0 ? null : () => void move(cell, index - 1)}
            onDown={index === cells.length - 1 ? null : () => void move(cell, index + 1)}
            onRename={() => setRenaming(cell.id)}
            onRemove={() => void remove(cell)}
          >
            {cell.kind === 'pin' && <PinBody pin={cell} />}
          </CellFrame>
        ))}
      </ol>
      <TitleDialog
        opened={renamed !== undefined}
        onClose={() => setRenaming(null)}
        title={t('notebook.renamePin')}
        confirm={t('notebook.save')}
        value={renamed === undefined ? '' : titleOfCell(renamed)}
        onTitle={async (title) => {
          if (renamed !== undefined) await change({ kind: 'retitle', cell: renamed.id, title });
        }}
      />
    </>
  );
}
