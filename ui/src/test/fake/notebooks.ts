import { type OnProgress, PlatformError } from '../../platform/platform';
import type {
  NotebookCell,
  NotebookEdit,
  NotebookRow,
  NotebookView,
  PinCheck,
  Pinned,
  PinRequest,
  PinSeen,
  ReportOpened,
  ReportRequest,
  ReportWritten,
} from '../../platform/wire';
import type { FakeBank } from './bank';
import { eventRow, stateView, treeOf } from './state';

type Pace = (taskId: string, total: number, phase: string, onProgress: OnProgress) => Promise<boolean>;

const STORE = {
  storeName: 'bank.ledger',
  storeLocation: '/home/anna/.local/share/ledgerscope/bank.ledger',
  storeLink: '00'.repeat(16),
};

/** An imitation of notebooks in memory: what is pinned is what the invented bank says. */
export class FakeNotebooks {
  private readonly kept = new Map<string, NotebookView>();
  private readonly removed = new Map<string, { cell: NotebookCell; at: number }[]>();
  private made = 0;
  /** Pins that do not match any more, by their title. */
  readonly broken = new Set<string>();
  readonly exported: ReportRequest[] = [];
  textIntact = true;

  constructor(
    private readonly bank: () => FakeBank,
    private readonly pace: Pace,
  ) {}

  private id(): string {
    this.made += 1;
    return `00000000-0000-7000-8000-${String(this.made).padStart(12, '0')}`;
  }

  list(): NotebookRow[] {
    return [...this.kept.values()].map(({ id, title, cells, changedAt }) => ({
      id,
      title,
      pins: cells.filter((cell) => cell.kind === 'pin').length,
      changedAt,
      problem: null,
    }));
  }

  load(id: string): NotebookView {
    const found = this.kept.get(id);
    if (found !== undefined) return structuredClone(found);
    throw new PlatformError({
      code: 'not_found',
      message: `There is no notebook ${id}.`,
      hint: 'Choose one of the list; it may have been deleted.',
      retryable: false,
    });
  }

  create(title: string): NotebookView {
    const made = { id: this.id(), title, changedAt: '2026-03-01T12:00:00.000000Z', cells: [], undoable: 0 };
    this.kept.set(made.id, made);
    return made;
  }

  delete(id: string): void {
    this.load(id);
    this.kept.delete(id);
  }

  change(id: string, edit: NotebookEdit): NotebookView {
    const notebook = this.load(id);
    const { cells } = notebook;
    const place = 'cell' in edit ? cells.findIndex((cell) => cell.id === edit.cell) : -1;
    const removed = this.removed.get(id) ?? [];
    const cell = cells[place];
    switch (edit.kind) {
      case 'rename':
        notebook.title = edit.title;
        break;
      case 'addText': {
        const at = edit.after === null ? 0 : cells.findIndex((one) => one.id === edit.after) + 1;
        cells.splice(at, 0, { kind: 'text', id: this.id(), text: edit.text });
        break;
      }
      case 'write':
        if (cell?.kind === 'pin') cell.note = edit.text;
        else if (cell !== undefined) cell.text = edit.text;
        break;
      case 'retitle':
        if (cell?.kind === 'pin') cell.title = edit.title;
        break;
      case 'move':
        cells.splice(edit.to, 0, ...cells.splice(place, 1));
        break;
      case 'remove':
        if (cell !== undefined) removed.push({ cell, at: place });
        cells.splice(place, 1);
        break;
      case 'undo': {
        const last = removed.pop();
        if (last !== undefined) cells.splice(last.at, 0, last.cell);
        break;
      }
    }
    this.removed.set(id, removed);
    notebook.undoable = removed.length;
    this.kept.set(id, notebook);
    return structuredClone(notebook);
  }

  private seen({ what }: PinRequest): PinSeen {
    const { log } = this.bank();
    switch (what.kind) {
      case 'event': {
        const event = log.events[Number(what.position) - 1];
        if (event === undefined) throw new Error(`no event ${what.position}`);
        const row = eventRow(event);
        return {
          what: 'event',
          ...row,
          chainHash: 'a7e2'.repeat(16),
          payload: this.text(treeOf(event.payload)),
        };
      }
      case 'state': {
        const state = stateView(this.bank(), what.stream, Number(what.version), null);
        const sentence = state.event?.sentence ?? null;
        return {
          what: 'state',
          stream: what.stream,
          version: what.version,
          sentence,
          problem: null,
          state: this.text(state.nodes),
        };
      }
      case 'diff':
        return {
          what: 'diff',
          stream: what.stream,
          from: what.from,
          to: what.to,
          problem: null,
          changes: [{ path: '/settled', before: '0.00 EUR', after: '100.50 EUR' }],
          total: '1',
        };
      case 'query':
        return {
          what: 'query',
          asked: what.query.stream == null ? [] : [{ name: 'stream', value: what.query.stream }],
          matches: '9007199254740993',
          undecided: '0',
          newestFirst: what.newestFirst,
          rows: log.events.slice(0, 2).map((event) => eventRow(event)),
        };
      case 'whatIf':
        return {
          what: 'whatIf',
          fork: '12',
          steps: [
            {
              stuck: [],
              what: 'Withdraw',
              outcome: 'rejected',
              code: 'insufficient_funds',
              message: 'No.',
              events: '0',
            },
          ],
          events: '3',
          ends: [],
        };
    }
  }

  private text(nodes: ReturnType<typeof treeOf>) {
    return { nodes, leftOut: 0, kept: '100', bytes: '100' };
  }

  pin(request: PinRequest): Pinned {
    const seen = this.seen(request);
    const notebook = request.notebook === null ? this.create(request.notebookTitle) : this.load(request.notebook);
    const pin = this.id();
    notebook.cells.push({
      kind: 'pin',
      id: pin,
      title: request.title,
      note: '',
      takenAt: '2026-03-01T12:00:00.000000Z',
      address: request.address,
      ...STORE,
      head: request.at ?? String(this.bank().log.events.length),
      headHash: 'c0de'.repeat(16),
      hash: '5f1c'.repeat(16),
      seen,
    });
    this.kept.set(notebook.id, notebook);
    return { notebook: notebook.id, title: notebook.title, pin };
  }

  async check(id: string, taskId: string, onProgress: OnProgress): Promise<PinCheck[]> {
    const pins = this.load(id).cells.flatMap((cell) => (cell.kind === 'pin' ? [cell] : []));
    if (!(await this.pace(taskId, pins.length, 'Checking pins', onProgress)))
      throw new PlatformError({ code: 'cancelled', message: 'It was stopped.', hint: '', retryable: true });
    return pins.map((pin) =>
      this.broken.has(pin.title)
        ? {
            pin: pin.id,
            verdict: 'broken',
            code: 'differs',
            told: 'It is not as it was pinned any more: one thing differs.',
            advice: 'Verify the store, and keep this file as evidence.',
            differences: [{ what: 'content hash', pinned: '5f1c'.repeat(16), found: '0bad'.repeat(16) }],
            total: '1',
          }
        : {
            pin: pin.id,
            verdict: 'holds',
            code: 'matches',
            told: 'It is as it was pinned.',
            advice: '',
            differences: [],
            total: '0',
          },
    );
  }

  export(request: ReportRequest): ReportWritten {
    this.exported.push(request);
    return {
      path: request.path ?? '/home/anna/notebook.html',
      bytes: '31415',
      sha256: '9c'.repeat(32),
      holds: 1,
      broken: this.broken.size,
      unknown: 0,
    };
  }

  open(_path: string | null): ReportOpened {
    const read = this.create('A report that was read back');
    this.kept.set(read.id, {
      ...read,
      cells: [{ kind: 'text', id: this.id(), text: 'From a colleague.' }],
    });
    return { notebook: this.load(read.id), textIntact: this.textIntact };
  }
}
