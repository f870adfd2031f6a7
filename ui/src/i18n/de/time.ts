import type { Translated } from '../en';
import type { time as english } from '../en/time';

export const time: Translated<typeof english> = {};
