import type { Translated } from '../en';
import type { bank as english } from '../en/bank';

export const bank: Translated<typeof english> = {};
