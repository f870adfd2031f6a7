import { Button, Checkbox, Modal, Radio } from '@mantine/core';
import { IconDownload, IconUpload } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { settle } from '../../app/cache';
import { useShownAt } from '../../app/clock/ClockContext';
import { usePlatform } from '../../app/PlatformContext';
import { useTask } from '../../app/useTask';
import { perLanguage, rich, t } from '../../i18n';
import type { EventQuery, ExportFormat, ExportReport, ImportReport } from '../../platform/wire';
import { CopyButton, ErrorState, IdText, Pair, Pairs, ProgressLine } from '../../shared/bits';
import { FileField, typedPath } from '../../shared/FileField';
import { grouped, size } from '../../shared/format';
import s from './dialogs.module.css';

interface DialogProps {
  opened: boolean;
  onClose: () => void;
}

const formats = perLanguage((): readonly { value: ExportFormat; title: string; about: string }[] => [
  {
    value: 'ndjson',
    title: 'NDJSON',
    about: t('events.oneJsonObjectALinePayloadsExactly'),
  },
  {
    value: 'csv',
    title: 'CSV',
    about: t('events.aTableForASpreadsheetPayloadAnd'),
  },
]);

interface ExportDialogProps extends DialogProps {
  query: EventQuery;
  /** What is looked for, in words. */
  name: string;
  found: string;
  /** Whether everything was looked through; until then more may be found. */
  complete: boolean;
}

/** Writes the whole match into a file, whether or not it is on the screen. */
export function ExportDialog({ opened, onClose, ...rest }: ExportDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={t('events.exportEvents')} size={520}>
      <Export {...rest} onClose={onClose} />
    </Modal>
  );
}

function Export({ query, name, found, complete, onClose }: Omit<ExportDialogProps, 'opened'>) {
  const platform = usePlatform();
  const at = useShownAt();
  const task = useTask<ExportReport | null>();
  const [format, setFormat] = useState<ExportFormat>('ndjson');
  const [text, setText] = useState('');
  const path = typedPath(text);
  const run = (event: FormEvent) => {
    event.preventDefault();
    void task.run((taskId, onProgress) => platform.exportEvents({ query, format, path }, taskId, onProgress));
  };

  if (task.result !== null) return <Exported report={task.result} onClose={onClose} />;
  return (
    <form className={s.form} onSubmit={run}>
      <p>
        {rich('events.exportOf', {
          events: (
            <strong data-testid="export-count">
              {complete ? t('events.count', { count: found }) : t('events.countAtLeast', { count: found })}
            </strong>
          ),
          name,
        })}
        {!complete && ` ${t('events.exportGoesOn')}`}
      </p>
      {at !== null && (
        <p className="dim" data-testid="export-until">
          {t('events.upToPositionWhereTheClockStands', { at: grouped(at) })}
        </p>
      )}
      <Radio.Group
        value={format}
        onChange={(value) => setFormat(value as ExportFormat)}
        label={t('events.format')}
        aria-label={t('events.format')}
      >
        <div className={s.choices}>
          {formats().map(({ value, title, about }) => (
            <Radio
              key={value}
              size="xs"
              value={value}
              label={title}
              description={about}
              disabled={task.running}
              data-testid={`export-${value}`}
            />
          ))}
        </div>
      </Radio.Group>
      <FileField path={text} onPath={setText} disabled={task.running} description={t('events.pathOfExport')} />
      {task.running && (
        <ProgressLine progress={task.progress} fallback={t('events.waitingForAFile')} onCancel={task.cancel} />
      )}
      {task.error !== null && <ErrorState error={task.error} />}
      <div className={s.answers}>
        <Button onClick={onClose}>{t('events.close')}</Button>
        <Button
          variant="filled"
          leftSection={<IconDownload size={14} />}
          type="submit"
          loading={task.running}
          data-testid="export-run"
          data-autofocus
        >
          {path === null ? t('events.chooseAFileAndExport') : t('events.export')}
        </Button>
      </div>
    </form>
  );
}

function Exported({ report, onClose }: { report: ExportReport; onClose: () => void }) {
  return (
    <div className={s.form} data-testid="export-report">
      <p>
        {rich('events.written', {
          events: <strong>{t('events.count', { count: report.events })}</strong>,
          bytes: size(report.bytes),
        })}
      </p>
      <Pairs>
        <Pair name={t('shared.file')}>
          <IdText id={report.path} label={t('events.theFilesPath')} />
        </Pair>
        <Pair name="SHA-256">
          <code className={`${s.hash} selectable`}>{report.sha256}</code>
          <CopyButton text={report.sha256} label={t('events.copyTheFilesSha256')} />
        </Pair>
        <Pair name={t('events.upToPosition')}>{t('events.throughOnly', { through: grouped(report.through) })}</Pair>
      </Pairs>
      {report.partialStreams !== '0' && (
        <p className="dim">{t('events.partialStreams', { count: report.partialStreams })}</p>
      )}
      {report.undecided !== '0' && <p className={s.warn}>{t('events.undecidedInFile', { count: report.undecided })}</p>}
      <div className={s.answers}>
        <Button variant="filled" onClick={onClose} autoFocus>
          {t('events.done')}
        </Button>
      </div>
    </div>
  );
}

interface ImportDialogProps extends DialogProps {
  /** The store was opened anew and holds other events than before. */
  onImported: () => void;
}

/** Writes the events of a file into the open store, which is empty or holds their beginning. */
export function ImportDialog({ opened, ...rest }: ImportDialogProps) {
  return (
    <Modal opened={opened} onClose={rest.onClose} title={t('events.importEvents')} size={520}>
      <Import {...rest} />
    </Modal>
  );
}

function Import({ onClose, onImported }: Omit<ImportDialogProps, 'opened'>) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const task = useTask<ImportReport | null>();
  const [renumber, setRenumber] = useState(false);
  const [text, setText] = useState('');
  const path = typedPath(text);
  const run = () =>
    void task
      .run((taskId, onProgress) => platform.importEvents({ path, renumber }, taskId, onProgress))
      .then(() => settle(cache, 'importEvents'))
      .then(onImported);

  if (task.result !== null) return <Imported report={task.result} onClose={onClose} onAgain={run} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    run();
  };
  return (
    <form className={s.form} onSubmit={submit}>
      <p>{t('events.eventsOfAnNdjsonFileThatWas')}</p>
      <Checkbox
        label={t('events.numberStreamsAnewOfWhichTheFile')}
        description={t('events.withoutItSuchAFileIsRefusedBecause')}
        checked={renumber}
        onChange={(event) => setRenumber(event.currentTarget.checked)}
        disabled={task.running}
        data-testid="import-renumber"
      />
      <FileField path={text} onPath={setText} disabled={task.running} description={t('events.pathOfImport')} />
      {task.running && (
        <ProgressLine progress={task.progress} fallback={t('events.waitingForAFile')} onCancel={task.cancel} />
      )}
      {task.error !== null && <ErrorState error={task.error} />}
      <div className={s.answers}>
        <Button onClick={onClose}>{t('events.close')}</Button>
        <Button
          variant="filled"
          leftSection={<IconUpload size={14} />}
          type="submit"
          loading={task.running}
          data-testid="import-run"
          data-autofocus
        >
          {path === null ? t('events.chooseAFileAndImport') : t('events.import')}
        </Button>
      </div>
    </form>
  );
}

interface ImportedProps {
  report: ImportReport;
  onClose: () => void;
  onAgain: () => void;
}

function Imported({ report, onClose, onAgain }: ImportedProps) {
  const verdict = report.cancelled
    ? t('events.stoppedWhatWasWrittenStays')
    : report.identical
      ? t('events.theStoreHoldsExactlyTheFilesEvents')
      : report.equal
        ? t('events.theStoreHoldsTheFilesEventsAndNo')
        : t('events.theStoreAndTheFileDiffer');
  return (
    <div className={s.form} data-testid="import-report">
      <p>
        {rich(report.already === '0' ? 'events.imported' : 'events.importedMore', {
          imported: <strong>{t('events.count', { count: report.imported })}</strong>,
          events: grouped(report.events),
          already: grouped(report.already),
        })}{' '}
        {verdict}
      </p>
      <Pairs>
        <Pair name={t('shared.file')}>
          <IdText id={report.path} label={t('events.theFilesPath')} />
        </Pair>
      </Pairs>
      <Lines title={t('events.keptOtherwiseThanTheFileHasIt')} lines={report.notes} />
      <Lines title={t('events.differences')} lines={report.differences} />
      <div className={s.answers}>
        {report.cancelled && <Button onClick={onAgain}>{t('events.goOn')}</Button>}
        <Button variant="filled" onClick={onClose} autoFocus>
          {t('events.done')}
        </Button>
      </div>
    </div>
  );
}

function Lines({ title, lines }: { title: string; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <div>
      <strong>{title}</strong>
      <ul className={s.lines}>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}
