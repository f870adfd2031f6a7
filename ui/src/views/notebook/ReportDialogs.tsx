import { Button, Modal, Radio } from '@mantine/core';
import { IconDownload, IconFolderOpen } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { settle } from '../../app/cache';
import { showDone } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go } from '../../app/router';
import { useTask } from '../../app/useTask';
import { currentLanguage, LANGUAGES, t } from '../../i18n';
import type { NotebookView, ReportOpened, ReportWritten } from '../../platform/wire';
import { CopyButton, ErrorState, IdText, Pair, Pairs, ProgressLine } from '../../shared/bits';
import { FileField, typedPath } from '../../shared/FileField';
import { size } from '../../shared/format';
import d from '../events/dialogs.module.css';

interface DialogProps {
  opened: boolean;
  onClose: () => void;
}

/** A language by its own name. */
const ownName = (language: string): string =>
  new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language;

const pinsOf = (notebook: NotebookView): number => notebook.cells.filter((cell) => cell.kind === 'pin').length;

/** Writes the notebook as one file. */
export function ExportDialog({ opened, onClose, notebook }: DialogProps & { notebook: NotebookView }) {
  return (
    <Modal opened={opened} onClose={onClose} title={t('notebook.exportTitle')} size={520}>
      <Export notebook={notebook} onClose={onClose} />
    </Modal>
  );
}

function Export({ notebook, onClose }: { notebook: NotebookView; onClose: () => void }) {
  const platform = usePlatform();
  const task = useTask<ReportWritten | null>();
  const [text, setText] = useState('');
  const [language, setLanguage] = useState<string>(currentLanguage());
  const path = typedPath(text);
  const run = (event: FormEvent) => {
    event.preventDefault();
    void task.run((taskId, onProgress) =>
      platform.exportNotebook({ notebook: notebook.id, path, language }, taskId, onProgress),
    );
  };
  if (task.result !== null) return <Written report={task.result} pins={pinsOf(notebook)} onClose={onClose} />;
  return (
    <form className={d.form} onSubmit={run}>
      <p>{t('notebook.exportAbout', { count: pinsOf(notebook) })}</p>
      <p className="dim">{t('notebook.exportPersonal')}</p>
      <Radio.Group
        value={language}
        onChange={setLanguage}
        label={t('notebook.language')}
        aria-label={t('notebook.language')}
      >
        <div className={d.choices}>
          {LANGUAGES.map((one) => (
            <Radio key={one} size="xs" value={one} label={ownName(one)} data-testid={`report-${one}`} />
          ))}
        </div>
      </Radio.Group>
      <FileField path={text} onPath={setText} description={t('notebook.fileAboutExport')} disabled={task.running} />
      {task.running && (
        <ProgressLine progress={task.progress} fallback={t('notebook.exporting')} onCancel={task.cancel} />
      )}
      {task.error !== null && <ErrorState error={task.error} />}
      <div className={d.answers}>
        <Button onClick={onClose}>{t('notebook.close')}</Button>
        <Button
          variant="filled"
          leftSection={<IconDownload size={14} />}
          type="submit"
          loading={task.running}
          data-testid="report-run"
          data-autofocus
        >
          {path === null ? t('notebook.exportChoose') : t('notebook.exportRun')}
        </Button>
      </div>
    </form>
  );
}

function Written({ report, pins, onClose }: { report: ReportWritten; pins: number; onClose: () => void }) {
  return (
    <div className={d.form} data-testid="report-written">
      <p>{t('notebook.exported', { size: size(report.bytes) })}</p>
      {report.broken > 0 && (
        <p className={d.warn}>{t('notebook.exportedBroken', { broken: report.broken, count: pins })}</p>
      )}
      <Pairs>
        <Pair name={t('shared.file')}>
          <IdText id={report.path} label={t('notebook.copyPath')} />
        </Pair>
        <Pair name={t('notebook.sha256')}>
          <code className={`${d.hash} selectable`}>{report.sha256}</code>
          <CopyButton text={report.sha256} label={t('notebook.copySha')} />
        </Pair>
      </Pairs>
      <div className={d.answers}>
        <Button variant="filled" onClick={onClose} autoFocus data-testid="report-done">
          {t('notebook.done')}
        </Button>
      </div>
    </div>
  );
}

/** Reads a report back into a new notebook. */
export function OpenDialog({ opened, onClose }: DialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={t('notebook.openTitle')} size={520}>
      <Open onClose={onClose} />
    </Modal>
  );
}

function Open({ onClose }: { onClose: () => void }) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const task = useTask<ReportOpened | null>();
  const [text, setText] = useState('');
  const path = typedPath(text);
  const show = async ({ notebook }: ReportOpened) => {
    await settle(cache, 'openReport');
    onClose();
    go(places.notebook(notebook.id));
  };
  const run = async (event: FormEvent) => {
    event.preventDefault();
    const opened = await task.run(() => platform.openReport(path));
    if (opened?.textIntact !== true) return;
    showDone(t('notebook.opened', { count: pinsOf(opened.notebook) }));
    await show(opened);
  };
  if (task.result !== null && !task.result.textIntact) {
    const opened = task.result;
    return (
      <div className={d.form} data-testid="report-text-altered">
        <p className={d.warn} role="alert">
          {t('notebook.textAltered')}
        </p>
        <div className={d.answers}>
          <Button variant="filled" onClick={() => void show(opened)} autoFocus>
            {t('notebook.pinnedOpen')}
          </Button>
        </div>
      </div>
    );
  }
  return (
    <form className={d.form} onSubmit={(event) => void run(event)}>
      <p>{t('notebook.openAbout')}</p>
      <FileField path={text} onPath={setText} description={t('notebook.fileAboutOpen')} disabled={task.running} />
      {task.error !== null && <ErrorState error={task.error} />}
      <div className={d.answers}>
        <Button onClick={onClose}>{t('notebook.close')}</Button>
        <Button
          variant="filled"
          leftSection={<IconFolderOpen size={14} />}
          type="submit"
          loading={task.running}
          data-testid="report-open-run"
          data-autofocus
        >
          {path === null ? t('notebook.openChoose') : t('notebook.openRun')}
        </Button>
      </div>
    </form>
  );
}
