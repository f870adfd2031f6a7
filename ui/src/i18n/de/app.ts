import type { Translated } from '../en';
import type { app as english } from '../en/app';

export const app: Translated<typeof english> = {};
