/** Texts that are the same in English and German: names, and words that both languages share. */
export const SAME_IN_BOTH: ReadonlySet<string> = new Set<string>([]);
