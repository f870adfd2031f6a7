import type { Translated } from '../en';
import type { events as english } from '../en/events';

export const events: Translated<typeof english> = {};
