// The shapes that cross from Rust. They are generated; this module only keeps the rest of the UI away from the generated calls.
export type * from './bindings';

import { commandTags } from './bindings';

export { commandTags };
export type Tag = (typeof commandTags)[number]['reads'][number] | (typeof commandTags)[number]['changes'][number];
export type CommandName = (typeof commandTags)[number]['command'];
