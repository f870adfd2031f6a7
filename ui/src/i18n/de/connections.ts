import type { Translated } from '../en';
import type { connections as english } from '../en/connections';

export const connections: Translated<typeof english> = {};
