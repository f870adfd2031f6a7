import type { Translated } from '../en';
import type { streams as english } from '../en/streams';

export const streams: Translated<typeof english> = {};
