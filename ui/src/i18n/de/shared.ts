import type { Translated } from '../en';
import type { shared as english } from '../en/shared';

export const shared: Translated<typeof english> = {};
