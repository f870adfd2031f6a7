import type { Translated } from '../en';
import type { processes as english } from '../en/processes';

export const processes: Translated<typeof english> = {};
