import { ActionIcon, Button, Menu, Select } from '@mantine/core';
import {
  IconDots,
  IconDownload,
  IconFolderOpen,
  IconNotebook,
  IconPencil,
  IconPlus,
  IconShieldCheck,
  IconTextPlus,
  IconTrash,
} from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { settle, useAsk } from '../../app/cache';
import { useOffer } from '../../app/offers';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go, usePlaceOf } from '../../app/router';
import { changeSettings, useSettings } from '../../app/settings';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { NotebookView as Notebook, NotebookRow, StoreStatus } from '../../platform/wire';
import { Bones, EmptyState, ErrorState, ProgressLine } from '../../shared/bits';
import { ConfirmDialog } from '../../shared/ConfirmDialog';
import { Cells } from './Cells';
import s from './NotebookView.module.css';
import { ExportDialog, OpenDialog } from './ReportDialogs';
import { TitleDialog } from './TitleDialog';
import { type Checks, useChecks } from './useChecks';
import { useNotebook } from './useNotebook';

/** What may be open over the notebook. */
type Dialog = 'new' | 'rename' | 'delete' | 'export' | 'open' | null;

/** What somebody has found, with notes: the notebook that was open last, or the one that the address names. */
export function NotebookView({ store }: { store: StoreStatus | null }) {
  const { notebook: asked } = usePlaceOf('notebook');
  const { notebook: last } = useSettings();
  const [dialog, setDialog] = useState<Dialog>(null);
  const list = useAsk('notebooks', [], (ask) => ask.notebooks(), { keep: true });
  const rows = list.data ?? [];
  const shown = asked ?? (rows.some((row) => row.id === last) ? last : (rows[0]?.id ?? null));
  useEffect(() => {
    const there = list.data?.some((row) => row.id === shown) === true;
    if (shown !== last && there) changeSettings({ notebook: shown });
  }, [shown, last, list.data]);
  useOffer('notebook-new', () => setDialog('new'));
  useOffer('notebook-open', () => setDialog('open'));
  if (list.isError) return <ErrorState error={toAppError(list.error)} onRetry={() => void list.refetch()} />;
  if (list.data === undefined) return <Bones lines={10} label={t('notebook.loading')} />;
  return (
    <section className={s.view} aria-label={t('notebook.title')}>
      {asked !== null && !rows.some((row) => row.id === asked) && !list.isFetching ? (
        <EmptyState
          icon={<IconNotebook size={28} stroke={1.4} />}
          title={t('notebook.noSuch', { id: asked })}
          action={
            <Button onClick={() => go(places.notebook())} data-testid="notebook-open-last">
              {t('notebook.openLast')}
            </Button>
          }
        >
          {t('notebook.noSuchAbout')}
        </EmptyState>
      ) : shown === null ? (
        <Nothing onDialog={setDialog} />
      ) : (
        <Shown key={shown} id={shown} rows={rows} store={store} dialog={dialog} onDialog={setDialog} />
      )}
      <NewDialog opened={dialog === 'new'} onClose={() => setDialog(null)} />
      <OpenDialog opened={dialog === 'open'} onClose={() => setDialog(null)} />
    </section>
  );
}

function Nothing({ onDialog }: { onDialog: (dialog: Dialog) => void }) {
  return (
    <EmptyState
      icon={<IconNotebook size={28} stroke={1.4} />}
      title={t('notebook.none')}
      action={
        <>
          <Button leftSection={<IconPlus size={14} />} onClick={() => onDialog('new')} data-testid="notebook-new">
            {t('notebook.new')}
          </Button>
          <Button
            leftSection={<IconFolderOpen size={14} />}
            onClick={() => onDialog('open')}
            data-testid="notebook-open"
          >
            {t('notebook.open')}
          </Button>
        </>
      }
    >
      {t('notebook.noneAbout')}
    </EmptyState>
  );
}

function NewDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const platform = usePlatform();
  const cache = useQueryClient();
  return (
    <TitleDialog
      opened={opened}
      onClose={onClose}
      title={t('notebook.newTitle')}
      confirm={t('notebook.create')}
      value=""
      onTitle={async (title) => {
        const made = await platform.createNotebook(title);
        await settle(cache, 'createNotebook');
        go(places.notebook(made.id));
      }}
    />
  );
}

interface ShownProps {
  id: string;
  rows: readonly NotebookRow[];
  store: StoreStatus | null;
  dialog: Dialog;
  onDialog: (dialog: Dialog) => void;
}

function Shown({ id, rows, store, dialog, onDialog }: ShownProps) {
  const { notebook, error, retry, change } = useNotebook(id);
  const checks = useChecks(notebook, store);
  const row = rows.find((one) => one.id === id);
  const close = () => onDialog(null);
  useOffer('notebook-export', notebook === null ? null : () => onDialog('export'));
  const bar = <Bar id={id} rows={rows} notebook={notebook} checks={checks} onDialog={onDialog} />;
  if (error !== null || notebook === null) {
    return (
      <>
        {bar}
        {error === null ? (
          <Bones lines={10} label={t('notebook.loading')} />
        ) : (
          <ErrorState error={error} onRetry={retry} />
        )}
        <DeleteDialog id={id} title={row?.title ?? ''} pins={0} opened={dialog === 'delete'} onClose={close} />
      </>
    );
  }
  const pins = notebook.cells.filter((cell) => cell.kind === 'pin').length;
  return (
    <>
      {bar}
      <Result notebook={notebook} checks={checks} />
      {notebook.cells.length === 0 ? (
        <EmptyState
          title={t('notebook.empty')}
          action={
            <Button
              leftSection={<IconTextPlus size={14} />}
              onClick={() => void change({ kind: 'addText', after: null, text: '' })}
              data-testid="notebook-add-text"
            >
              {t('notebook.addText')}
            </Button>
          }
        >
          {t('notebook.emptyAbout')}
        </EmptyState>
      ) : (
        <Cells notebook={notebook} checks={checks} change={change} />
      )}
      <TitleDialog
        opened={dialog === 'rename'}
        onClose={close}
        title={t('notebook.renameTitle')}
        confirm={t('notebook.save')}
        value={notebook.title}
        onTitle={(title) => change({ kind: 'rename', title })}
      />
      <DeleteDialog id={id} title={notebook.title} pins={pins} opened={dialog === 'delete'} onClose={close} />
      <ExportDialog notebook={notebook} opened={dialog === 'export'} onClose={close} />
    </>
  );
}

interface DeleteDialogProps {
  id: string;
  title: string;
  pins: number;
  opened: boolean;
  onClose: () => void;
}

function DeleteDialog({ id, title, pins, opened, onClose }: DeleteDialogProps) {
  const platform = usePlatform();
  const cache = useQueryClient();
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={t('notebook.deleteTitle')}
      confirm={t('notebook.deleteConfirm')}
      dismiss={t('notebook.dismiss')}
      danger
      onConfirm={async () => {
        await platform.deleteNotebook(id);
        changeSettings({ notebook: null });
        go(places.notebook());
        cache.removeQueries({ queryKey: ['notebook', id] });
        await settle(cache, 'deleteNotebook');
      }}
      testId="notebook-delete-confirm"
    >
      <p>{t('notebook.deleteAbout', { title, count: pins })}</p>
    </ConfirmDialog>
  );
}

interface BarProps {
  id: string;
  rows: readonly NotebookRow[];
  notebook: Notebook | null;
  checks: Checks;
  onDialog: (dialog: Dialog) => void;
}

function Bar({ id, rows, notebook, checks, onDialog }: BarProps) {
  const options = rows.map((row) => ({ value: row.id, label: row.title }));
  return (
    <header className={s.bar}>
      <Select
        className={s.choose ?? ''}
        aria-label={t('notebook.choose')}
        data={options}
        value={options.some(({ value }) => value === id) ? id : null}
        onChange={(next) => next !== null && go(places.notebook(next))}
        allowDeselect={false}
        data-testid="notebook-choose"
      />
      <span className={s.spacer} />
      <Button
        leftSection={<IconShieldCheck size={14} />}
        onClick={checks.run}
        disabled={notebook === null || checks.running}
        data-testid="notebook-check"
      >
        {t('notebook.check')}
      </Button>
      <Button
        leftSection={<IconDownload size={14} />}
        onClick={() => onDialog('export')}
        disabled={notebook === null}
        data-testid="notebook-export"
      >
        {t('notebook.export')}
      </Button>
      <Menu position="bottom-end" width={230}>
        <Menu.Target>
          <ActionIcon aria-label={t('notebook.more')} data-testid="notebook-more">
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconPencil size={15} />}
            onClick={() => onDialog('rename')}
            disabled={notebook === null}
          >
            {t('notebook.rename')}
          </Menu.Item>
          <Menu.Item leftSection={<IconPlus size={15} />} onClick={() => onDialog('new')}>
            {t('notebook.new')}
          </Menu.Item>
          <Menu.Item leftSection={<IconFolderOpen size={15} />} onClick={() => onDialog('open')}>
            {t('notebook.open')}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconTrash size={15} />}
            onClick={() => onDialog('delete')}
            data-testid="notebook-delete"
          >
            {t('notebook.delete')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </header>
  );
}

function summary(pins: number, broken: number, unknown: number): string {
  if (broken > 0) return t('notebook.checkedSome', { broken, unknown, count: pins });
  if (unknown === 0) return t('notebook.checkedAll', { count: pins });
  return unknown === pins ? t('notebook.checkedNone') : t('notebook.checkedUnknown', { unknown, count: pins });
}

/** What the check of all pins came to. */
function Result({ notebook, checks }: { notebook: Notebook; checks: Checks }) {
  const pins = notebook.cells.filter((cell) => cell.kind === 'pin').length;
  if (checks.running)
    return <ProgressLine progress={checks.progress} fallback={t('notebook.checking')} onCancel={checks.cancel} />;
  if (checks.error !== null && checks.error.code === 'cancelled')
    return (
      <p className={`${s.result} ${s.unknown}`} role="status">
        {t('notebook.checkStopped')}
      </p>
    );
  if (checks.error !== null) return <ErrorState error={checks.error} onRetry={checks.run} />;
  if (pins === 0 || checks.byPin === null) return null;
  const of = (verdict: string) => [...(checks.byPin?.values() ?? [])].filter((one) => one.verdict === verdict).length;
  const [broken, unknown] = [of('broken'), of('unknown')];
  const tone = broken > 0 ? s.broken : unknown > 0 ? s.unknown : s.holds;
  return (
    <p className={`${s.result} ${tone}`} role="status" data-testid="notebook-result" data-broken={broken}>
      {summary(pins, broken, unknown)}
    </p>
  );
}
