import type { Translated } from '../en';
import type { welcome as english } from '../en/welcome';

export const welcome: Translated<typeof english> = {};
