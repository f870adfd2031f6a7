import type { Translated } from '../en';
import type { maintenance as english } from '../en/maintenance';

export const maintenance: Translated<typeof english> = {};
