import { Button, Checkbox, Modal, Radio, TextInput } from '@mantine/core';
import { IconDownload, IconUpload } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { settle } from '../../app/cache';
import { useShownAt } from '../../app/clock/ClockContext';
import { usePlatform } from '../../app/PlatformContext';
import { useTask } from '../../app/useTask';
import type { EventQuery, ExportFormat, ExportReport, ImportReport } from '../../platform/wire';
import { CopyButton, ErrorState, IdText, Pair, Pairs, ProgressLine } from '../../shared/bits';
import { grouped, plural, size } from '../../shared/format';
import s from './dialogs.module.css';

interface DialogProps {
  opened: boolean;
  onClose: () => void;
}

const FORMATS: readonly { value: ExportFormat; title: string; about: string }[] = [
  {
    value: 'ndjson',
    title: 'NDJSON',
    about: 'One JSON object a line, payloads exactly as stored. It can be imported again, and hashes can be checked.',
  },
  {
    value: 'csv',
    title: 'CSV',
    about: 'A table for a spreadsheet: payload and metadata in a column each, as text. It cannot be imported again.',
  },
];

interface ExportDialogProps extends DialogProps {
  query: EventQuery;
  /** What is looked for, in words. */
  name: string;
  found: string;
  /** Whether everything was looked through; until then more may be found. */
  complete: boolean;
}

/** The file by its whole path, for those who would rather type it than choose it. */
function FileField({ path, onPath, disabled, what }: FileFieldProps) {
  return (
    <TextInput
      label="File"
      description={`Its whole path; leave it empty to choose ${what}`}
      value={path}
      onChange={(event) => onPath(event.currentTarget.value)}
      disabled={disabled}
      spellCheck={false}
      autoComplete="off"
      data-testid="file-path"
    />
  );
}

interface FileFieldProps {
  path: string;
  onPath: (path: string) => void;
  disabled: boolean;
  /** What is chosen where nothing is typed. */
  what: string;
}

/** What was typed; nothing where the file is to be chosen. */
const typedPath = (text: string): string | null => (text.trim() === '' ? null : text.trim());

/** Writes the whole match into a file, whether or not it is on the screen. */
export function ExportDialog({ opened, onClose, ...rest }: ExportDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Export events" size={520}>
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
        <strong data-testid="export-count">
          {complete ? '' : 'At least '}
          {plural(found, 'event')}
        </strong>{' '}
        of “{name}”: the whole match, oldest first, not only what is on the screen.
        {!complete && ' The search has not ended; the export looks through the whole log by itself.'}
      </p>
      {at !== null && (
        <p className="dim" data-testid="export-until">
          Up to position {grouped(at)}, where the clock stands: nothing later is written.
        </p>
      )}
      <Radio.Group
        value={format}
        onChange={(value) => setFormat(value as ExportFormat)}
        label="Format"
        aria-label="Format"
      >
        <div className={s.choices}>
          {FORMATS.map(({ value, title, about }) => (
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
      <FileField path={text} onPath={setText} disabled={task.running} what="where it goes" />
      {task.running && <ProgressLine progress={task.progress} fallback="Waiting for a file" onCancel={task.cancel} />}
      {task.error !== null && <ErrorState error={task.error} />}
      <div className={s.answers}>
        <Button onClick={onClose}>Close</Button>
        <Button
          variant="filled"
          leftSection={<IconDownload size={14} />}
          type="submit"
          loading={task.running}
          data-testid="export-run"
          data-autofocus
        >
          {path === null ? 'Choose a file and export' : 'Export'}
        </Button>
      </div>
    </form>
  );
}

function Exported({ report, onClose }: { report: ExportReport; onClose: () => void }) {
  return (
    <div className={s.form} data-testid="export-report">
      <p>
        <strong>{plural(report.events, 'event')}</strong> written, {size(report.bytes)}.
      </p>
      <Pairs>
        <Pair name="File">
          <IdText id={report.path} label="the file’s path" />
        </Pair>
        <Pair name="SHA-256">
          <code className={`${s.hash} selectable`}>{report.sha256}</code>
          <CopyButton text={report.sha256} label="Copy the file’s SHA-256" />
        </Pair>
        <Pair name="Up to position">{grouped(report.through)}; later events are not in it</Pair>
      </Pairs>
      {report.partialStreams !== '0' && (
        <p className="dim">
          {plural(report.partialStreams, 'stream')} begin in the middle: an import has to number their events anew.
        </p>
      )}
      {report.undecided !== '0' && (
        <p className={s.warn}>
          The condition has no answer on {plural(report.undecided, 'event')}; they are not in the file.
        </p>
      )}
      <div className={s.answers}>
        <Button variant="filled" onClick={onClose} autoFocus>
          Done
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
    <Modal opened={opened} onClose={rest.onClose} title="Import events" size={520}>
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
      <p>
        Events of an NDJSON file that was exported here are written into the open store. It has to be empty, or hold a
        beginning of the same events: then the import goes on from there.
      </p>
      <Checkbox
        label="Number streams anew of which the file lacks earlier events"
        description="Without it such a file is refused, because versions would be others than they were."
        checked={renumber}
        onChange={(event) => setRenumber(event.currentTarget.checked)}
        disabled={task.running}
        data-testid="import-renumber"
      />
      <FileField path={text} onPath={setText} disabled={task.running} what="which one is read" />
      {task.running && <ProgressLine progress={task.progress} fallback="Waiting for a file" onCancel={task.cancel} />}
      {task.error !== null && <ErrorState error={task.error} />}
      <div className={s.answers}>
        <Button onClick={onClose}>Close</Button>
        <Button
          variant="filled"
          leftSection={<IconUpload size={14} />}
          type="submit"
          loading={task.running}
          data-testid="import-run"
          data-autofocus
        >
          {path === null ? 'Choose a file and import' : 'Import'}
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
    ? 'Stopped. What was written stays; importing the same file again goes on from there.'
    : report.identical
      ? 'The store holds exactly the file’s events, with the same positions, times and hashes.'
      : report.equal
        ? 'The store holds the file’s events and no others.'
        : 'The store and the file differ.';
  return (
    <div className={s.form} data-testid="import-report">
      <p>
        <strong>{plural(report.imported, 'event')}</strong> of {grouped(report.events)} written
        {report.already !== '0' && `, ${grouped(report.already)} were there before`}. {verdict}
      </p>
      <Pairs>
        <Pair name="File">
          <IdText id={report.path} label="the file’s path" />
        </Pair>
      </Pairs>
      <Lines title="Kept otherwise than the file has it" lines={report.notes} />
      <Lines title="Differences" lines={report.differences} />
      <div className={s.answers}>
        {report.cancelled && <Button onClick={onAgain}>Go on</Button>}
        <Button variant="filled" onClick={onClose} autoFocus>
          Done
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
