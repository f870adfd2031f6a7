// An imitation of the stage: the shipped scenes themselves, played on the invented bank without any rules.
import compensated from '../../../../src-tauri/src/stage/scenes/compensated.scene.json';
import freeze from '../../../../src-tauri/src/stage/scenes/freeze.scene.json';
import transfer from '../../../../src-tauri/src/stage/scenes/transfer.scene.json';
import { PlatformError } from '../../platform/platform';
import type {
  EventRow,
  SceneList,
  SceneRow,
  SceneWords,
  StageReport,
  StageStep,
  StageStepChange,
  StageStepKind,
  StageView,
} from '../../platform/wire';

interface FileStep {
  title: SceneWords;
  notes: SceneWords;
  pauseSeconds?: number;
  does: {
    show?: string;
    clock?: { bySeconds: number };
    command?: {
      commandType: string;
      payload: object;
      actor: string;
      reason?: string;
      expect?: { executed?: { events?: string[] }; rejected?: { code: string } };
    };
  };
}

interface File {
  title: SceneWords;
  description: SceneWords;
  base: { bank: { events: number }; clock: string };
  steps: FileStep[];
}

/** The scenes that come with the program, as their files are. */
export const SHIPPED_FILES: Readonly<Record<string, File>> = { transfer, compensated, freeze } as unknown as Record<
  string,
  File
>;

const CLOCK = '2025-04-01T09:00:15.000000Z';
const SHIPPED_REFUSED = {
  code: 'scene_is_shipped',
  message: 'This scene comes with the program and stays as it is.',
  hint: 'Record on it to make a scene of your own.',
  retryable: false,
};

interface Scene {
  title: SceneWords;
  description: SceneWords;
  simulated: number;
  steps: Omit<StageStep, 'report'>[];
}

const kindOf = ({ show, clock, command }: FileStep['does']): StageStepKind => {
  if (show !== undefined) return { kind: 'show', address: show };
  if (clock !== undefined) return { kind: 'clock', bySeconds: clock.bySeconds, to: null };
  if (command === undefined) return { kind: 'note' };
  const { commandType, payload, actor, reason } = command;
  return { kind: 'command', commandType, payload: JSON.stringify(payload, null, 2), actor, reason: reason ?? null };
};

const sceneOf = ({ title, description, base, steps }: File): Scene => ({
  title,
  description,
  simulated: base.bank.events,
  steps: steps.map((step) => ({
    title: step.title,
    notes: step.notes,
    pauseSeconds: step.pauseSeconds ?? null,
    does: kindOf(step.does),
  })),
});

/** What the imitation needs of the platform that it belongs to. */
export interface StageHost {
  head: () => number;
  /** Another bank, as at the checkpoint; or the one that was open before. */
  raise: () => void;
  leave: () => void;
  /** Something happens in the bank. */
  append: () => EventRow[];
}

export class FakeStage {
  readonly own = new Map<string, Scene>();
  private id: string | null = null;
  private scene: Scene | null = null;
  private reports: StageReport[] = [];
  private recording = false;
  private checkpoint = 0;
  private saved = 0;

  constructor(private readonly host: StageHost) {}

  list(): SceneList {
    const shipped = Object.entries(SHIPPED_FILES).map(([id, file]) => this.row(id, sceneOf(file), true));
    return { scenes: [...shipped, ...[...this.own].map(([id, scene]) => this.row(id, scene, false))], problems: [] };
  }

  private row(id: string, { title, description, steps, simulated }: Scene, shipped: boolean): SceneRow {
    return {
      id,
      shipped,
      title,
      description,
      steps: steps.length,
      commands: steps.filter(({ does }) => does.kind === 'command').length,
      simulated: String(simulated),
      outline: steps.map((step) => step.title),
    };
  }

  view(): StageView | null {
    if (this.scene === null) return null;
    return {
      sceneId: this.id,
      title: this.scene.title,
      shipped: this.isShipped(),
      steps: this.scene.steps.map((step, index) => ({ ...step, report: this.reports[index] ?? null })),
      done: this.reports.length,
      clock: CLOCK,
      checkpoint: String(this.checkpoint),
      recording: this.recording,
      unsaved: this.id === null,
      offStage: 'bank.ledger',
    };
  }

  private isShipped(): boolean {
    return this.id !== null && this.id in SHIPPED_FILES;
  }

  private shown(): StageView {
    const view = this.view();
    if (view !== null) return view;
    throw new PlatformError({ code: 'not_on_stage', message: 'No scene is on the stage.', hint: '', retryable: false });
  }

  enter(id: string): StageView {
    const file = SHIPPED_FILES[id];
    this.scene = structuredClone(file === undefined ? (this.own.get(id) ?? null) : sceneOf(file));
    this.id = id;
    this.recording = false;
    return this.reset();
  }

  reset(): StageView {
    this.reports = [];
    this.host.raise();
    this.checkpoint = this.host.head();
    return this.shown();
  }

  leave(): void {
    this.scene = null;
    this.host.leave();
  }

  step(): StageView {
    const step = this.shown().steps[this.reports.length];
    if (step === undefined) {
      throw new PlatformError({ code: 'scene_over', message: 'The scene is over.', hint: '', retryable: false });
    }
    this.reports.push(this.report(step));
    return this.shown();
  }

  goTo(done: number): StageView {
    if (done < this.reports.length) this.reset();
    while (this.reports.length < done) this.step();
    return this.shown();
  }

  private report({ does }: StageStep): StageReport {
    const plain = { clock: CLOCK, events: [], eventCount: '0', kept: null };
    if (does.kind === 'clock') {
      return { ...plain, outcome: { outcome: 'passed', commands: '0', timers: '0', stuck: [] } };
    }
    if (does.kind !== 'command') return { ...plain, outcome: { outcome: 'nothing' } };
    const expect = SHIPPED_FILES[this.id ?? '']?.steps[this.reports.length]?.does.command?.expect;
    if (expect?.rejected !== undefined) {
      const { code } = expect.rejected;
      const message = `A rule refuses it: ${code}.`;
      return { ...plain, kept: true, outcome: { outcome: 'rejected', code, message, details: [] } };
    }
    const events = this.host.append();
    const stream = events[0]?.stream ?? '';
    return {
      ...plain,
      events,
      eventCount: String(events.length),
      kept: true,
      outcome: { outcome: 'executed', stream, stuck: [] },
    };
  }

  record(on: boolean): StageView {
    const view = this.shown();
    if (on && this.id !== null) {
      this.scene = {
        ...(this.scene as Scene),
        steps: view.steps.slice(0, view.done).map(({ report: _, ...step }) => step),
      };
      this.id = null;
    }
    this.recording = on;
    return this.shown();
  }

  addPlace(address: string, title: SceneWords): StageView {
    this.scene?.steps.push({
      title,
      notes: { en: null, de: null },
      pauseSeconds: null,
      does: { kind: 'show', address },
    });
    this.step();
    return this.shown();
  }

  change(index: number, change: StageStepChange): StageView {
    if (this.isShipped()) throw new PlatformError(SHIPPED_REFUSED);
    const step = this.scene?.steps[index];
    if (step !== undefined) Object.assign(step, change);
    return this.shown();
  }

  remove(index: number): StageView {
    this.scene?.steps.splice(index, 1);
    return this.shown();
  }

  save(title: SceneWords): StageView {
    this.saved += 1;
    this.id ??= `0197f000-0000-7000-8000-00000000000${this.saved}`;
    this.scene = { ...(this.scene as Scene), title };
    this.own.set(this.id, this.scene);
    this.recording = false;
    return this.shown();
  }

  rename(id: string, title: SceneWords): void {
    const scene = this.own.get(id);
    if (scene === undefined) throw new PlatformError(SHIPPED_REFUSED);
    this.own.set(id, { ...scene, title });
  }

  delete(id: string): void {
    if (!this.own.delete(id)) throw new PlatformError(SHIPPED_REFUSED);
  }

  import(): SceneRow {
    this.own.set('imported', sceneOf(SHIPPED_FILES.transfer as File));
    return this.row('imported', this.own.get('imported') as Scene, false);
  }
}
