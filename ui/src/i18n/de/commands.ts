import type { Translated } from '../en';
import type { commands as english } from '../en/commands';

export const commands: Translated<typeof english> = {};
