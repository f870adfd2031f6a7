import type { Translated } from '../en';
import type { whatif as english } from '../en/whatif';

export const whatif: Translated<typeof english> = {};
