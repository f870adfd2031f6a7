import type { Translated } from '../en';
import type { story as english } from '../en/story';

export const story: Translated<typeof english> = {};
