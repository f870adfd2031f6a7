// What the UI asks of the machine beneath it. The application answers through Tauri, the tests through an invented bank.
import { t } from '../i18n';
import { currentLanguage } from '../i18n/language';
import type {
  AccountsPage,
  ActivityPage,
  ActorsPage,
  AppError,
  AppInfo,
  ArchiveReport,
  AuditPage,
  Bisected,
  BisectSearch,
  Blame,
  CategoryRow,
  CauseGraph,
  CausesRequest,
  ClockView,
  CommandHistoryPage,
  CommandHistoryQuery,
  CommandInfo,
  CommandRequest,
  CommandResult,
  ConnectionDraft,
  ConnectionList,
  ConnectionSaved,
  ConnectionTestStep,
  CopyRequest,
  CopyResult,
  CopyRun,
  CustomerOverview,
  CustomersPage,
  DoctorReport,
  DryRun,
  EventBlock,
  EventCauses,
  EventDensity,
  EventDetail,
  EventExample,
  EventPlace,
  EventQuery,
  EventsOpened,
  EventsProgress,
  ExportReport,
  ExportRequest,
  ExpressionAbout,
  ExpressionCheck,
  FieldHistory,
  FlightsPage,
  HoldsPage,
  ImportReport,
  ImportRequest,
  IndexView,
  InstanceFilter,
  InstancesPage,
  LaneOrder,
  LanePage,
  LanePlace,
  LimitsPage,
  ModelAt,
  NotebookEdit,
  NotebookRow,
  NotebookView,
  OpenedLink,
  OperatorDecision,
  OperatorOffer,
  OrdersPage,
  ParityAnswer,
  ParityRequest,
  ParityResult,
  ParityRun,
  ParsedConnection,
  PinCheck,
  Pinned,
  PinRequest,
  ProcessRow,
  Progress,
  ProjectionStatus,
  ReadModelsReach,
  RebuildOptions,
  RebuildReport,
  ReportOpened,
  ReportRequest,
  ReportWritten,
  RetentionBy,
  RetentionDone,
  RetentionOverview,
  RetentionPreview,
  RetentionPurpose,
  RetentionRule,
  RetentionScope,
  SavedFolderDraft,
  SavedQueries,
  SavedQueryDraft,
  SceneList,
  SceneRow,
  SceneWords,
  ServerOverview,
  ServerProjections,
  ServerStreamReport,
  ServerStreams,
  SkippedEvent,
  SkipRequest,
  SnapshotAudit,
  SnapshotPlace,
  SnapshotsPage,
  SpokenLanguage,
  StageEntered,
  StageStepChange,
  StageView,
  Statement,
  StateView,
  StoreStatus,
  StreamsPage,
  StreamsRequest,
  SubscriptionRow,
  TheatreActor,
  TheatreMove,
  TheatreRequest,
  TheatreStage,
  TheatreTurn,
  TimelineEntry,
  TimerRow,
  TransferStory,
  TransfersPage,
  TrialBalance,
  TypedPasswords,
  VerifyReport,
  Violation,
  Watched,
  WhatIf,
  WhatIfFile,
  WhatIfScenario,
  WhatIfTest,
} from './wire';

export type OnProgress = (progress: Progress) => void;

/**
 * Prose in answers (sentences of events, rejections, forms, problems, what long tasks do) comes in the language that was set
 * last; failures bring their German words along. Money, times and codes in fields of their own cross as they are: the window
 * writes them.
 */
export interface Platform {
  appInfo(): Promise<AppInfo>;
  /** Once it is done, answers come in this language; those under way may still come in the former one. */
  setLanguage(language: SpokenLanguage): Promise<void>;
  openStore(path: string | null): Promise<StoreStatus>;
  chooseStore(): Promise<StoreStatus | null>;
  createDemo(seed: number, events: number, taskId: string, onProgress: OnProgress): Promise<StoreStatus>;
  storeStatus(): Promise<StoreStatus>;
  cancelTask(taskId: string): Promise<boolean>;
  connections(): Promise<ConnectionList>;
  parseConnection(text: string): Promise<ParsedConnection>;
  saveConnection(draft: ConnectionDraft): Promise<ConnectionSaved>;
  removeConnection(id: string): Promise<ConnectionSaved>;
  openConnection(id: string, passwords: TypedPasswords, create: boolean): Promise<StoreStatus>;
  testConnection(
    draft: ConnectionDraft,
    taskId: string,
    onProgress: OnProgress,
    onStep: (step: ConnectionTestStep) => void,
  ): Promise<boolean>;
  confirmProduction(command: string, name: string): Promise<void>;
  examineCopy(request: CopyRequest, taskId: string, onProgress: OnProgress): Promise<CopyResult>;
  copyStore(request: CopyRequest, taskId: string, onProgress: OnProgress): Promise<CopyResult>;
  compareCopy(request: CopyRequest, taskId: string, onProgress: OnProgress): Promise<CopyResult>;
  lastCopy(): Promise<CopyRun | null>;
  runParity(request: ParityRequest, taskId: string, onProgress: OnProgress): Promise<ParityResult>;
  lastParity(): Promise<ParityRun | null>;
  parityAnswers(step: number): Promise<ParityAnswer[]>;
  serverOverview(): Promise<ServerOverview>;
  indexProgress(): Promise<IndexView | null>;
  serverStreams(search: string | null, system: boolean): Promise<ServerStreams>;
  serverStream(stream: string): Promise<ServerStreamReport>;
  serverSubscriptions(): Promise<SubscriptionRow[]>;
  serverProjections(): Promise<ServerProjections>;
  streams(request: Omit<StreamsRequest, 'at'>, at?: string | null): Promise<StreamsPage>;
  categories(at?: string | null): Promise<CategoryRow[]>;
  /** Cancelling the task gives the opening up. */
  eventsOpen(query: EventQuery, taskId: string): Promise<EventsOpened>;
  eventsProgress(queryId: string): Promise<EventsProgress>;
  eventsStop(queryId: string): Promise<void>;
  eventsContinue(queryId: string): Promise<void>;
  /** With the values of columns that are paths into the events. */
  eventsBlock(queryId: string, firstRow: string, count: number, columns: readonly string[]): Promise<EventBlock>;
  eventsClose(queryId: string): Promise<void>;
  rowOfPosition(queryId: string, position: string): Promise<EventPlace>;
  rowAtTime(queryId: string, time: string): Promise<EventPlace>;
  eventsDensity(queryId: string, from: string | null, until: string | null, bins: number): Promise<EventDensity>;
  savedQueries(): Promise<SavedQueries>;
  saveQuery(draft: SavedQueryDraft): Promise<SavedQueries>;
  saveQueryFolder(draft: SavedFolderDraft): Promise<SavedQueries>;
  removeSavedQuery(id: string): Promise<SavedQueries>;
  exportEvents(request: ExportRequest, taskId: string, onProgress: OnProgress): Promise<ExportReport | null>;
  importEvents(request: ImportRequest, taskId: string, onProgress: OnProgress): Promise<ImportReport | null>;
  eventTypes(): Promise<string[]>;
  eventExample(eventType: string, stream: string): Promise<EventExample | null>;
  eventDetail(position: string): Promise<EventDetail>;
  eventCauses(position: string): Promise<EventCauses>;
  eventPosition(eventId: string): Promise<string | null>;
  causeGraph(request: Omit<CausesRequest, 'at'>, at?: string | null): Promise<CauseGraph>;
  transferStory(transferId: string, at?: string | null): Promise<TransferStory>;
  takeLink(): Promise<OpenedLink | null>;
  readLink(text: string): Promise<OpenedLink>;
  timeline(stream: string, afterVersion: string, limit: number): Promise<TimelineEntry[]>;
  stateAt(stream: string, version: string, comparedWith: string | null): Promise<StateView>;
  versionAt(stream: string, time: string): Promise<string>;
  checkExpression(text: string, about: ExpressionAbout): Promise<ExpressionCheck>;
  blame(stream: string, version: string, taskId: string, onProgress: OnProgress): Promise<Blame>;
  fieldHistory(
    stream: string,
    path: string,
    version: string,
    taskId: string,
    onProgress: OnProgress,
  ): Promise<FieldHistory>;
  watch(
    stream: string,
    expression: string,
    until: string | null,
    taskId: string,
    onProgress: OnProgress,
  ): Promise<Watched>;
  bisect(
    stream: string,
    condition: string,
    search: BisectSearch,
    until: string | null,
    taskId: string,
    onProgress: OnProgress,
  ): Promise<Bisected>;
  lanes(
    streams: readonly string[],
    order: LaneOrder,
    after: LanePlace | null,
    limit: number,
    taskId: string,
    onProgress: OnProgress,
    at?: string | null,
  ): Promise<LanePage>;
  /** Carries a scenario out in memory; nothing is written to the store. */
  runWhatIf(scenario: WhatIfScenario, taskId: string, onProgress: OnProgress): Promise<WhatIf>;
  whatIfTest(
    scenario: WhatIfScenario,
    name: string | null,
    anonymous: boolean,
    taskId: string,
    onProgress: OnProgress,
  ): Promise<WhatIfTest>;
  /** Nothing if the dialog was dismissed. */
  openWhatIf(path: string | null): Promise<WhatIfFile | null>;
  /** The path; nothing if the dialog was dismissed. */
  saveWhatIf(scenario: WhatIfScenario, path: string | null): Promise<string | null>;
  saveWhatIfTest(name: string, source: string, path: string | null): Promise<string | null>;
  notebooks(): Promise<NotebookRow[]>;
  notebook(id: string): Promise<NotebookView>;
  createNotebook(title: string): Promise<NotebookView>;
  changeNotebook(id: string, edit: NotebookEdit): Promise<NotebookView>;
  deleteNotebook(id: string): Promise<void>;
  pin(request: PinRequest, taskId: string, onProgress: OnProgress): Promise<Pinned>;
  /** What has become of each pin, in a language: `en` or `de`. */
  checkNotebook(id: string, language: string, taskId: string, onProgress: OnProgress): Promise<PinCheck[]>;
  /** Nothing if the dialog was dismissed. */
  exportNotebook(request: ReportRequest, taskId: string, onProgress: OnProgress): Promise<ReportWritten | null>;
  openReport(path: string | null): Promise<ReportOpened | null>;
  commands(): Promise<CommandInfo[]>;
  dryRun(request: CommandRequest): Promise<DryRun>;
  execute(request: CommandRequest): Promise<CommandResult>;
  /** Where a payload does not fit its command. */
  checkCommand(commandType: string, payload: string): Promise<Violation[]>;
  waitUntil(position: string): Promise<boolean>;
  readModelsReach(position: string): Promise<ReadModelsReach>;
  commandHistory(query: CommandHistoryQuery): Promise<CommandHistoryPage>;
  /** Forgets the commands up to an attempt; answers with how many. */
  clearCommandHistory(through: string): Promise<number>;
  theatreOpen(request: TheatreRequest): Promise<TheatreStage>;
  theatreClose(id: string): Promise<void>;
  theatreRehearse(id: string, actor: TheatreActor, what: TheatreMove): Promise<TheatreTurn>;
  theatreWrite(id: string, actor: TheatreActor, what: TheatreMove): Promise<TheatreTurn>;
  projections(): Promise<ProjectionStatus[]>;
  rebuildProjection(
    name: string,
    options: RebuildOptions,
    taskId: string,
    onProgress: OnProgress,
  ): Promise<RebuildReport>;
  resetProjection(name: string, taskId: string, onProgress: OnProgress): Promise<RebuildReport>;
  dismissRebuild(name: string): Promise<void>;
  rollBackProjection(name: string): Promise<string>;
  examineProjection(name: string, taskId: string, onProgress: OnProgress): Promise<DoctorReport>;
  pauseProjection(name: string): Promise<void>;
  resumeProjection(name: string): Promise<void>;
  retryProjection(name: string): Promise<void>;
  skipEvent(request: SkipRequest): Promise<SkippedEvent>;
  releaseStream(name: string, stream: string): Promise<string>;
  processes(): Promise<ProcessRow[]>;
  processInstances(
    process: string,
    filter: InstanceFilter,
    offset: number,
    limit: number,
    at?: string | null,
  ): Promise<InstancesPage>;
  processTimers(process: string | null, limit: number, at?: string | null): Promise<TimerRow[]>;
  processOffers(stream: string): Promise<OperatorOffer[]>;
  decideInstance(decision: OperatorDecision): Promise<CommandResult>;
  retryStuck(actor: string, reason: string): Promise<number>;
  snapshots(after: SnapshotPlace | null, limit: number): Promise<SnapshotsPage>;
  verifySnapshots(taskId: string, onProgress: OnProgress): Promise<SnapshotAudit>;
  deleteSnapshots(stream: string | null): Promise<string>;
  retention(): Promise<RetentionOverview>;
  setRetentionRule(scope: RetentionScope, rule: RetentionRule | null, by: RetentionBy): Promise<void>;
  placeLegalHold(hold: string, scope: RetentionScope, by: RetentionBy): Promise<void>;
  liftLegalHold(hold: string, by: RetentionBy): Promise<void>;
  previewRetention(purpose: RetentionPurpose, taskId: string, onProgress: OnProgress): Promise<RetentionPreview>;
  applyRetention(
    purpose: RetentionPurpose,
    expectedEvents: string,
    by: RetentionBy,
    taskId: string,
    onProgress: OnProgress,
  ): Promise<RetentionDone>;
  verifyArchive(taskId: string, onProgress: OnProgress): Promise<ArchiveReport>;
  accounts(search: string | null, offset: number, limit: number, at?: string | null): Promise<AccountsPage>;
  statement(accountId: string, offset: number, limit: number, at?: string | null): Promise<Statement>;
  transfers(
    status: string | null,
    accountId: string | null,
    offset: number,
    limit: number,
    at?: string | null,
  ): Promise<TransfersPage>;
  trialBalance(at?: string | null): Promise<TrialBalance>;
  customers(search: string | null, offset: number, limit: number, at?: string | null): Promise<CustomersPage>;
  customer(customerId: string, at?: string | null): Promise<CustomerOverview>;
  holds(
    accountId: string | null,
    status: string | null,
    offset: number,
    limit: number,
    at?: string | null,
  ): Promise<HoldsPage>;
  orders(offset: number, limit: number, at?: string | null): Promise<OrdersPage>;
  activity(
    from: string | null,
    through: string | null,
    currency: string | null,
    offset: number,
    limit: number,
    at?: string | null,
  ): Promise<ActivityPage>;
  limits(day: string | null, offset: number, limit: number, at?: string | null): Promise<LimitsPage>;
  actors(offset: number, limit: number, at?: string | null): Promise<ActorsPage>;
  audit(actor: string, offset: number, limit: number, at?: string | null): Promise<AuditPage>;
  /** What the clock shows at a position or a time; at the head, if neither is given. */
  clock(at: string | null, time: string | null): Promise<ClockView>;
  /** Folds read models to a position, so that what is asked of them there is answered at once. */
  asOfPrepare(models: string[], at: string, taskId: string, onProgress: OnProgress): Promise<ModelAt[]>;
  versionAtPosition(stream: string, at: string): Promise<string>;
  transfersInFlight(limit: number, at?: string | null): Promise<FlightsPage>;
  verify(taskId: string, onProgress: OnProgress): Promise<VerifyReport>;
  scenes(): Promise<SceneList>;
  /** The scene on the stage; nothing if none is. */
  stage(): Promise<StageView | null>;
  enterStage(scene: string, taskId: string, onProgress: OnProgress): Promise<StageEntered>;
  resetStage(): Promise<StageEntered>;
  leaveStage(): Promise<StoreStatus>;
  stageStep(taskId: string, onProgress: OnProgress): Promise<StageView>;
  /** Goes to where so many steps are done. */
  stageGo(done: number, taskId: string, onProgress: OnProgress): Promise<StageEntered>;
  recordStage(on: boolean): Promise<StageView>;
  recordPlace(address: string, title: SceneWords): Promise<StageView>;
  changeStageStep(index: number, change: StageStepChange): Promise<StageView>;
  removeStageStep(index: number): Promise<StageView>;
  saveStage(title: SceneWords): Promise<StageView>;
  renameScene(scene: string, title: SceneWords): Promise<void>;
  removeScene(scene: string): Promise<void>;
  /** The path; nothing if the dialog was dismissed. */
  exportScene(scene: string, path: string | null): Promise<string | null>;
  importScene(path: string | null): Promise<SceneRow | null>;
  /** Makes everything in the window bigger or smaller; 1 is the usual size. */
  setZoom(factor: number): Promise<void>;
  /** Calls back whenever the log has grown; answers with the way to stop it. */
  onHeadMoved(listener: (head: string) => void): Promise<() => void>;
  /** Calls back when another store is open now. */
  onStoreChanged(listener: (location: string) => void): Promise<() => void>;
  /** Calls back when the program was asked to open a link; `takeLink` hands it out. */
  onLinkArrived(listener: () => void): Promise<() => void>;
}

/** A failure as Rust words it. */
export class PlatformError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly retryable: boolean;

  constructor(error: AppError) {
    super(error.message);
    this.name = 'PlatformError';
    this.code = error.code;
    this.hint = error.hint;
    this.retryable = error.retryable;
  }
}

/** A failure in the words of the language that is spoken. */
export function inOwnWords(error: AppError): AppError {
  const { german, ...rest } = error;
  if (currentLanguage() !== 'de' || german === undefined || german === null) return error;
  return { ...rest, ...german };
}

/** Whatever was thrown, in the one shape that the UI shows. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof PlatformError) {
    return { code: thrown.code, message: thrown.message, hint: thrown.hint, retryable: thrown.retryable };
  }
  if (isAppError(thrown)) return inOwnWords(thrown);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    code: 'ui_failure',
    message,
    hint: t('app.theInterfaceFailed'),
    retryable: true,
  };
}

function isAppError(value: unknown): value is AppError {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    'message' in value &&
    typeof value.code === 'string' &&
    typeof value.message === 'string' &&
    'hint' in value
  );
}
