// Which language is shown.

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What somebody chose: a language, or the system's. */
export type LanguageChoice = 'system' | Language;

/** The language that the system is set to, if it is one of ours; English otherwise. */
export function systemLanguage(languages: readonly string[] = navigator.languages ?? []): Language {
  for (const tag of languages) {
    const known = LANGUAGES.find((language) => tag.toLowerCase().split('-')[0] === language);
    if (known !== undefined) return known;
  }
  return 'en';
}

let language: Language = 'en';
const listeners = new Set<(language: Language) => void>();

export const currentLanguage = (): Language => language;

/** Calls back at once and whenever the language changes; answers with the way to end it. */
export function onLanguage(listener: (language: Language) => void): () => void {
  listeners.add(listener);
  listener(language);
  return () => listeners.delete(listener);
}

/** Speaks as somebody chose. */
export function speak(choice: LanguageChoice): void {
  const next = choice === 'system' ? systemLanguage() : choice;
  if (next === language) return;
  language = next;
  for (const listener of listeners) listener(next);
}
