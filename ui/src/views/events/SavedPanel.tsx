import { ActionIcon, Button, Menu, Modal, Select, TextInput, Tooltip } from '@mantine/core';
import {
  IconBookmark,
  IconChevronDown,
  IconChevronRight,
  IconDots,
  IconFolder,
  IconFolderPlus,
  IconPlus,
} from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type KeyboardEvent, useRef, useState } from 'react';
import { settle, useAsk } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { AppError, EventQuery, SavedQueries, SavedQuery } from '../../platform/wire';
import { Bones, ErrorState } from '../../shared/bits';
import { ConfirmDialog } from '../../shared/ConfirmDialog';
import d from './dialogs.module.css';
import s from './SavedPanel.module.css';
import { folderPaths, heldBy, type SavedItem, treeRows } from './savedTree';

/** What is being named: a query or a folder, a new one or one that is there. */
export type Draft =
  | { kind: 'query'; id: string | null; name: string; folder: string | null; query: EventQuery }
  | { kind: 'folder'; id: string | null; name: string; parent: string | null };

interface SavedPanelProps {
  /** The saved query that the shown tab was opened from. */
  current: string | null;
  onOpen: (query: SavedQuery, how: { further: boolean }) => void;
  onSave: () => void;
  onDraft: (draft: Draft) => void;
}

/** The saved queries of this connection in a tree of folders. */
export function SavedPanel({ current, onOpen, onSave, onDraft }: SavedPanelProps) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const saved = useAsk('savedQueries', [], (ask) => ask.savedQueries(), { keep: true });
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [active, setActive] = useState<string | null>(null);
  const [removing, setRemoving] = useState<SavedItem | null>(null);
  const tree = useRef<HTMLDivElement>(null);

  if (saved.isError) return <ErrorState error={toAppError(saved.error)} onRetry={() => void saved.refetch()} />;
  const all = saved.data ?? { folders: [], queries: [] };
  const rows = treeRows(all, closed);
  const chosen = rows.find((row) => row.id === active);
  const stop = rows.some((row) => row.id === active) ? active : (rows[0]?.id ?? null);

  const turn = (id: string, open: boolean) => {
    const next = new Set(closed);
    if (open) next.delete(id);
    else next.add(id);
    setClosed(next);
  };
  const focus = (row: SavedItem | undefined) => {
    if (row === undefined) return;
    setActive(row.id);
    tree.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(row.id)}"]`)?.focus();
  };
  const open = (row: SavedItem, further: boolean) => {
    if (row.kind === 'folder') turn(row.id, !row.open);
    else if (row.query.problem === null) onOpen(row.query, { further });
  };
  const rename = (row: SavedItem) =>
    onDraft(
      row.kind === 'folder'
        ? { kind: 'folder', id: row.id, name: row.folder.name, parent: row.folder.parent }
        : { kind: 'query', id: row.id, name: row.query.name, folder: row.query.folder, query: row.query.query },
    );

  const onKeyDown = (event: KeyboardEvent, row: SavedItem, place: number) => {
    if (event.altKey || event.metaKey || (event.ctrlKey && event.key !== 'Enter')) return;
    const keys: Record<string, () => void> = {
      ArrowDown: () => focus(rows[place + 1]),
      j: () => focus(rows[place + 1]),
      ArrowUp: () => focus(rows[place - 1]),
      k: () => focus(rows[place - 1]),
      Home: () => focus(rows[0]),
      End: () => focus(rows.at(-1)),
      ArrowRight: () => {
        if (row.kind === 'folder' && !row.open) turn(row.id, true);
        else if (row.kind === 'folder') focus(rows[place + 1]);
      },
      ArrowLeft: () => {
        if (row.kind === 'folder' && row.open) turn(row.id, false);
        else focus(rows.slice(0, place).findLast((other) => other.level < row.level));
      },
      Enter: () => open(row, event.ctrlKey),
      ' ': () => open(row, false),
      F2: () => rename(row),
      Delete: () => setRemoving(row),
    };
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };

  return (
    <aside className={s.panel} aria-label={t('events.savedQueries')} data-testid="saved-panel">
      <div className={s.bar}>
        <h2>{t('events.savedQueries')}</h2>
        {chosen !== undefined && (
          <Menu position="bottom-start">
            <Menu.Target>
              <ActionIcon
                size={24}
                aria-label={t('events.moreAbout', { chosen: nameOf(chosen) })}
                data-testid="saved-more"
              >
                <IconDots size={15} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Label>{nameOf(chosen)}</Menu.Label>
              {chosen.kind === 'query' && (
                <Menu.Item onClick={() => open(chosen, true)}>{t('events.openInAFurtherTab')}</Menu.Item>
              )}
              {chosen.kind === 'folder' && (
                <Menu.Item onClick={() => onDraft({ kind: 'folder', id: null, name: '', parent: chosen.id })}>
                  {t('events.newFolderInIt')}
                </Menu.Item>
              )}
              <Menu.Item onClick={() => rename(chosen)}>{t('events.renameOrMove')}</Menu.Item>
              <Menu.Item onClick={() => setRemoving(chosen)}>{t('events.delete')}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
        <Tooltip label={t('events.newFolder')}>
          <ActionIcon
            size={24}
            aria-label={t('events.newFolder')}
            onClick={() => onDraft({ kind: 'folder', id: null, name: '', parent: null })}
            data-testid="saved-new-folder"
          >
            <IconFolderPlus size={15} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t('events.saveThisQueryCtrlS')}>
          <ActionIcon size={24} aria-label={t('events.saveThisQuery')} onClick={onSave} data-testid="saved-new">
            <IconPlus size={15} />
          </ActionIcon>
        </Tooltip>
      </div>
      {saved.data === undefined ? (
        <Bones lines={4} label={t('events.loadingSavedQueries')} />
      ) : rows.length === 0 ? (
        <p className={s.none} data-testid="saved-none">
          {t('events.nothingSavedYetNarrowTheListThen')}
        </p>
      ) : (
        <div ref={tree} role="tree" aria-label={t('events.savedQueries')} className={s.tree}>
          {rows.map((row, place) => (
            <Row
              key={row.id}
              row={row}
              stop={row.id === stop}
              current={row.id === current}
              onKeyDown={(event) => onKeyDown(event, row, place)}
              onFocus={() => setActive(row.id)}
              onOpen={(further) => open(row, further)}
            />
          ))}
        </div>
      )}
      <ConfirmDialog
        opened={removing !== null}
        onClose={() => setRemoving(null)}
        title={removing?.kind === 'folder' ? t('events.deleteTheFolder') : t('events.deleteTheSavedQuery')}
        confirm={t('events.delete2')}
        danger
        onConfirm={async () => {
          if (removing === null) return;
          await platform.removeSavedQuery(removing.id);
          await settle(cache, 'removeSavedQuery');
        }}
        testId="saved-delete"
      >
        {removing !== null && <Removal item={removing} all={all} />}
      </ConfirmDialog>
    </aside>
  );
}

function Removal({ item, all }: { item: SavedItem; all: SavedQueries }) {
  if (item.kind === 'query') return <p>{t('events.goesNoEventDoesOnlyWhatYouLookFor', { name: item.query.name })}</p>;
  return <p>{t('events.folderGoes', { name: item.folder.name, count: heldBy(all, item.id) })}</p>;
}

const nameOf = (row: SavedItem): string => (row.kind === 'folder' ? row.folder.name : row.query.name);

interface RowProps {
  row: SavedItem;
  stop: boolean;
  current: boolean;
  onKeyDown: (event: KeyboardEvent) => void;
  onFocus: () => void;
  onOpen: (further: boolean) => void;
}

function Row({ row, stop, current, onKeyDown, onFocus, onOpen }: RowProps) {
  const name = nameOf(row);
  const problem = row.kind === 'query' ? row.query.problem : null;
  const Turn = row.kind === 'folder' && row.open ? IconChevronDown : IconChevronRight;
  return (
    <div
      role="treeitem"
      aria-level={row.level}
      aria-selected={current}
      {...(row.kind === 'folder' ? { 'aria-expanded': row.open } : {})}
      tabIndex={stop ? 0 : -1}
      data-id={row.id}
      data-testid={`saved-${name}`}
      className={`${s.item} ${current ? s.current : ''} ${problem === null ? '' : s.problem}`}
      style={{ paddingLeft: 6 + (row.level - 1) * 14 }}
      title={problem ?? name}
      onKeyDown={onKeyDown}
      onFocus={onFocus}
      onClick={(event) => onOpen(event.ctrlKey || event.metaKey)}
    >
      {row.kind === 'folder' ? <Turn size={13} aria-hidden="true" /> : <span className={s.gap} />}
      {row.kind === 'folder' ? (
        <IconFolder size={14} aria-hidden="true" />
      ) : (
        <IconBookmark size={14} aria-hidden="true" />
      )}
      <span className="cut">{name}</span>
    </div>
  );
}

interface DraftDialogProps {
  draft: Draft | null;
  onClose: () => void;
  onSaved: (saved: { id: string; name: string }) => void;
}

/** Names a query or a folder and says where it belongs. */
export function DraftDialog({ draft, onClose, onSaved }: DraftDialogProps) {
  const folder = draft?.kind === 'folder';
  return (
    <Modal
      opened={draft !== null}
      onClose={onClose}
      title={
        draft?.id == null
          ? folder
            ? t('events.newFolder')
            : t('events.saveThisQuery')
          : folder
            ? t('events.saveTheFolder')
            : t('events.saveTheQuery')
      }
      size={400}
    >
      {draft !== null && <DraftForm draft={draft} onClose={onClose} onSaved={onSaved} />}
    </Modal>
  );
}

function DraftForm({ draft, onClose, onSaved }: DraftDialogProps & { draft: Draft }) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const saved = useAsk('savedQueries', [], (ask) => ask.savedQueries(), { keep: true });
  const [name, setName] = useState(draft.name);
  const [within, setWithin] = useState(draft.kind === 'folder' ? draft.parent : draft.folder);
  const [error, setError] = useState<AppError | null>(null);
  const [busy, setBusy] = useState(false);
  const all = saved.data ?? { folders: [], queries: [] };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '' || busy) return;
    setBusy(true);
    setError(null);
    try {
      const { id } = draft;
      if (draft.kind === 'folder') await platform.saveQueryFolder({ id, name: name.trim(), parent: within });
      else {
        const now = await platform.saveQuery({ id, name: name.trim(), folder: within, query: draft.query });
        const kept = now.queries.find((query) => query.folder === within && query.name === name.trim());
        if (kept !== undefined) onSaved(kept);
      }
      await settle(cache, 'saveQuery');
      onClose();
    } catch (thrown) {
      setError(toAppError(thrown));
      setBusy(false);
    }
  };
  return (
    <form className={d.form} onSubmit={(event) => void submit(event)}>
      <TextInput
        label={t('events.name')}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={200}
        required
        data-autofocus
        data-testid="saved-name"
      />
      <Select
        label={t('events.inFolder')}
        placeholder={t('events.noneAtTheTop')}
        data={folderPaths(all, draft.kind === 'folder' ? draft.id : null)}
        value={within}
        onChange={setWithin}
        clearable
        clearButtonProps={{ 'aria-label': t('events.atTheTop') }}
        data-testid="saved-folder"
      />
      {error !== null && <ErrorState error={error} />}
      <div className={d.answers}>
        <Button onClick={onClose}>{t('events.leaveIt')}</Button>
        <Button type="submit" variant="filled" loading={busy} disabled={name.trim() === ''} data-testid="saved-save">
          {t('events.save')}
        </Button>
      </div>
    </form>
  );
}
