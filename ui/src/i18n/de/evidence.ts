import type { Translated } from '../en';
import type { evidence as english } from '../en/evidence';

export const evidence: Translated<typeof english> = {};
