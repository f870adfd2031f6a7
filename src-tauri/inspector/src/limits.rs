//! Bounds of what is shown and kept, each with its reason.

/// Most values in one tree. A person cannot read more, and a window cannot draw more at once.
pub const NODES_SHOWN: usize = 20_000;
/// Deepest level of a tree; what lies below is one text. Keeps paths short: they grow with the depth.
pub const DEPTH_SHOWN: usize = 64;
/// Longest text of a collapsed container or of a value that took a container's place, in bytes.
pub const COLLAPSED_BYTES: usize = 4096;
/// Most changed paths in one answer.
pub const CHANGED_PATHS: usize = 10_000;
/// Array lengths up to which scalars are matched by their values rather than by their index.
pub const MATCHED_SCALARS: usize = 512;
/// Events folded between two kept states, and read from the store at once.
pub const CHECKPOINT_EVENTS: u64 = 256;
/// Most states of one stream kept in memory; beyond it every second one is let go there, and all of them stay in a file.
pub const CHECKPOINTS_PER_STREAM: usize = 256;
/// States last looked at, kept per stream so that the next step of a scrubber folds one event.
pub const RECENT_STATES: usize = 8;
/// Streams whose states are kept; the one unused for longest goes first.
pub const CACHED_STREAMS: usize = 64;
/// Most bytes of kept states, measured by their JSON text.
pub const CACHED_BYTES: usize = 64 * 1024 * 1024;
/// Most bytes of one stream's kept states in its temporary file: the states of a million events, every 256th of them kept, at
/// 64 KiB each. Larger states are kept more sparsely.
pub const SPILLED_BYTES_PER_STREAM: u64 = 256 * 1024 * 1024;
/// Most bytes of all temporary files; the stream unused for longest goes first.
pub const SPILLED_BYTES: u64 = 1024 * 1024 * 1024;
/// States whose blame is kept on one pass over a stream, so that a scrubber need not begin anew.
pub const BLAMES_PER_STREAM: u64 = 32;
/// Most states of one stream whose blame is kept, those that were asked for included.
pub const BLAMES_KEPT: usize = 96;
/// Streams whose blame is kept; the one unused for longest goes first.
pub const BLAMED_STREAMS: usize = 4;
/// Most changes in the history of one field: the latest. Earlier ones are counted.
pub const FIELD_CHANGES: usize = 1000;
/// Most points of a watched expression: several per pixel of a wide window.
pub const WATCH_POINTS: usize = 4096;
/// Most stretches of versions on which a watched condition holds; further ones are counted.
pub const WATCH_RUNS: usize = 1000;
/// Most streams side by side: more cannot be told apart in one picture.
pub const LANES: usize = 16;
/// Most events in one page of lanes.
pub const LANE_EVENTS: usize = 1000;
/// Longest path of a column, in bytes: it is the column's heading.
pub const COLUMN_PATH_BYTES: usize = 200;
/// Longest text of a value in a column, in characters: what a row can show. The detail of the event has the whole.
pub const COLUMN_TEXT: usize = 240;
/// Most steps in one answer.
pub const STEPS: usize = 1000;
/// Longest text of a condition, in bytes. People write a line; a generated one has no business here.
pub const EXPRESSION_BYTES: usize = 4096;
/// Deepest nesting of a condition: parsing and evaluating recurse that deep.
pub const EXPRESSION_DEPTH: usize = 64;
/// Most steps of one evaluation (one per operation, and one per 16 bytes or one value walked through): some milliseconds.
/// Comprehensions within comprehensions cost the product of their lengths, and texts can double at every step.
pub const EVALUATION_STEPS: u64 = 200_000;
/// Largest compiled regular expression, in bytes.
pub const PATTERN_BYTES: usize = 256 * 1024;
/// Deepest values that are compared for equality; comparing recurses.
pub const COMPARED_DEPTH: usize = 64;
/// Read models at positions far apart that are kept of each read model; beyond it they stand twice as far apart.
pub const AS_OF_CHECKPOINTS: usize = 64;
/// Least positions between two of them: what a step back folds at most while the log is short.
pub const AS_OF_SPACING: u64 = 4096;
/// Read models near positions that were looked at, kept of each read model, so that a step either way folds next to nothing.
pub const AS_OF_RECENT: usize = 48;
/// Most bytes of one read model's rows at one position. A window and a store work beside it on an ordinary machine.
pub const AS_OF_MODEL_BYTES: u64 = 512 * 1024 * 1024;
/// Most bytes of all read models that are kept, as far as it is known what they share.
pub const AS_OF_KEPT_BYTES: u64 = 1024 * 1024 * 1024;
/// Largest file of a what-if that is read: its edits carry payloads.
pub const SCENARIO_BYTES: u64 = 16 * 1024 * 1024;
/// Most streams that a what-if names.
pub const WHAT_IF_STREAMS: usize = 64;
/// Most differences to what was recorded in one what-if: each looks for its place among the events.
pub const WHAT_IF_EDITS: usize = 1000;
/// Most steps of one what-if. More is a simulation.
pub const WHAT_IF_STEPS: usize = 200;
/// Most recorded events that a what-if holds in memory: some hundred megabytes, twice for a moment.
pub const WHAT_IF_EVENTS: u64 = 50_000;
/// Most events that the steps of a what-if lead to, and timers that fire in one of them. What goes on beyond would not end.
pub const WHAT_IF_STEP_EVENTS: u64 = 10_000;
/// Events of a named stream right before the fork whose correlations take part, so that what is under way there goes on.
pub const WHAT_IF_LOOK_BACK: u64 = 64;
/// Most correlations of one named stream whose streams take part: each is a search of its own.
pub const WHAT_IF_CORRELATIONS: usize = 128;
/// Most events that a test made of a what-if begins with: more cannot be read.
pub const WHAT_IF_GIVEN: usize = 400;
/// How often a what-if is run anew because its steps have read further streams. Each may lead to others.
pub const WHAT_IF_ROUNDS: usize = 16;
/// Most nodes of a drawing of causes: more cannot be told apart, and a window moves so many smoothly.
pub const CAUSE_NODES: usize = 500;
/// Most events of one story whose causes are drawn; of a longer one, those nearest to the chosen event.
pub const CAUSE_EVENTS: usize = 20_000;
/// Most causes that are followed out of a story, one by one by their ids.
pub const CAUSES_OUTSIDE: usize = 32;
/// Most cells of a notebook: what a person reads, and what a window draws at once.
pub const NOTEBOOK_CELLS: usize = 500;
/// Longest title of a notebook or of a pin, in characters: a line.
pub const NOTEBOOK_TITLE: usize = 200;
/// Longest note or text of a notebook, in bytes: some pages.
pub const NOTE_BYTES: usize = 64 * 1024;
/// Most that a pin keeps of one payload or state, in bytes: a person reads no more, and its hash covers the whole.
pub const PIN_TEXT_BYTES: usize = 64 * 1024;
/// Longest value of a list of changes that a pin keeps, in bytes.
pub const PIN_VALUE_BYTES: usize = 4 * 1024;
/// Most changes that a pin keeps; further ones are counted.
pub const PIN_CHANGES: usize = 200;
/// Most rows of a query, and most events of a what-if, that a pin keeps; further ones are counted.
pub const PIN_ROWS: usize = 50;
/// Most removals of one notebook that can be undone.
pub const NOTEBOOK_UNDO: usize = 50;
/// Most differences that are told of a pin that no longer matches; further ones are counted.
pub const PIN_DIFFERENCES: usize = 20;
/// Largest file of a notebook that is read: every cell with a payload and metadata, escaped.
pub const NOTEBOOK_BYTES: u64 = 128 * 1024 * 1024;
/// Largest report that is read: a notebook, and the same once more for people.
pub const REPORT_BYTES: u64 = 512 * 1024 * 1024;
/// Largest file of a scene that is read: texts for people, and the payloads of some commands.
pub const SCENE_BYTES: u64 = 4 * 1024 * 1024;
/// Most steps of a scene. A presentation of more has lost its audience.
pub const SCENE_STEPS: usize = 200;
/// Most commands before a scene's checkpoint: a bank that needs more is simulated.
pub const SCENE_SET_UP: usize = 200;
/// Most simulated events that a scene begins with: its files are copied whenever it goes back to its checkpoint, in under a second.
pub const SCENE_BANK_EVENTS: usize = 20_000;
/// Longest title of a scene or a step, in bytes: it is one line of the window.
pub const SCENE_TITLE_BYTES: usize = 400;
/// Longest notes of a step, in bytes: what can be said while it is on the screen.
pub const SCENE_NOTE_BYTES: usize = 8 * 1024;
/// Longest address that a step shows, in bytes; that of links.
pub const SCENE_ADDRESS_BYTES: usize = 4096;
/// Longest time that a step stays on the screen by itself, in seconds.
pub const SCENE_PAUSE_SECONDS: u32 = 600;
/// Most time that passes in one step: each timer that is due in it fires.
pub const SCENE_CLOCK_STEP: chrono::Duration = chrono::Duration::days(400);
/// Most timers that fire in one step of a scene. What goes on beyond would not end.
pub const SCENE_TIMERS: u64 = 10_000;
/// Timers that are looked at for the next one that is due.
pub const SCENE_TIMERS_LOOKED_AT: usize = 10_000;
/// How far a scene's clock moves with each command, so that no two happen at the same moment.
pub const SCENE_COMMAND_TAKES: chrono::Duration = chrono::Duration::seconds(1);
