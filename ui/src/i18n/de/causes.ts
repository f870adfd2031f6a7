import type { Translated } from '../en';
import type { causes as english } from '../en/causes';

export const causes: Translated<typeof english> = {};
