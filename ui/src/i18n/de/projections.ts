import type { Translated } from '../en';
import type { projections as english } from '../en/projections';

export const projections: Translated<typeof english> = {};
