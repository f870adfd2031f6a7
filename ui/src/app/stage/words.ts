import { currentLanguage, type Language } from '../../i18n';
import type { SceneWords } from '../../platform/wire';

const OTHER: Record<Language, Language> = { en: 'de', de: 'en' };

/** A scene's text in the chosen language; in the other one where it is not there. */
export function said(words: SceneWords): string {
  const language = currentLanguage();
  return words[language] ?? words[OTHER[language]] ?? '';
}

/** The same texts with another one in the chosen language. */
export function spoken(text: string, before: SceneWords = { en: null, de: null }): SceneWords {
  return { ...before, [currentLanguage()]: text };
}
