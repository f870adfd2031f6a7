// What a person reads, in the chosen language. Texts are in `en/` and `de/`, a file for each part of the window; i18next puts
// values into them and finds the plural. `t` is a plain function: the whole tree is drawn anew when the language changes.
import { createInstance } from 'i18next';
import { createElement, Fragment, type ReactNode } from 'react';
import { de } from './de';
import { en } from './en';
import { currentLanguage, type Language, onLanguage } from './language';
import { grouped } from './numbers';

export { currentLanguage, LANGUAGES, type Language, onLanguage, speak } from './language';

type Areas = typeof en;
type Area = keyof Areas & string;
type Entry = { [A in Area]: `${A}.${keyof Areas[A] & string}` }[Area];
type WithoutPlural<K> = K extends `${infer Base}_one` ? Base : K extends `${string}_other` ? never : K;

/** `area.name`; a plural's two forms, `name_one` and `name_other`, are one key. */
export type TextKey = WithoutPlural<Entry>;

type At<K> = K extends `${infer A}.${infer Rest}`
  ? A extends Area
    ? Rest extends keyof Areas[A]
      ? Areas[A][Rest]
      : never
    : never
  : never;
type Plural<K extends string> = `${K}_other` extends Entry ? true : false;
type TextOf<K extends string> = Plural<K> extends true ? At<`${K}_one` | `${K}_other`> : At<K>;
type Named<T> = T extends `${string}{{${infer Name}}}${infer Rest}` ? Name | Named<Rest> : never;
/** The names in a text; a plural always wants to know how many. */
export type NamesOf<K extends string> = K extends string
  ? Named<TextOf<K>> | (Plural<K> extends true ? 'count' : never)
  : never;

export type ValuesOf<K extends TextKey> = Readonly<Record<NamesOf<K>, string | number | bigint>>;
type Rest<K extends TextKey, V> = [NamesOf<K>] extends [never] ? [] : [values: V];

const flat = (areas: Readonly<Record<string, Readonly<Record<string, string>>>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(areas).flatMap(([area, texts]) =>
      Object.entries(texts).map(([name, text]) => [`${area}.${name}`, text] as const),
    ),
  );

const i18n = createInstance();
void i18n.init({
  // Everything is at hand: nothing is loaded, so nothing has to be waited for.
  initAsync: false,
  resources: { en: { translation: flat(en) }, de: { translation: flat(de) } },
  lng: 'en',
  fallbackLng: false,
  // A key is found as it is written; its dots mean nothing.
  keySeparator: false,
  nsSeparator: false,
  // React escapes.
  interpolation: { escapeValue: false },
});

const SAID = { en: i18n.getFixedT('en'), de: i18n.getFixedT('de') } as const;

function say(
  language: Language,
  key: string,
  values: Readonly<Record<string, string | number | bigint>> | undefined,
): string {
  if (values === undefined) return SAID[language](key);
  const { count } = values;
  if (count === undefined) return SAID[language](key, { ...values });
  // Which plural is told from a number, what is shown from the text: counts may be larger than a number holds.
  return SAID[language](key, { count: Number(count), replace: { ...values, count: grouped(String(count)) } });
}

/** A text in the chosen language. A `count` is grouped by thousands; other values stand as they are given. */
export function t<K extends TextKey>(key: K, ...[values]: Rest<K, ValuesOf<K>>): string {
  return say(currentLanguage(), key, values);
}

/** Prefixes of texts for names that come from elsewhere: states of accounts, kinds of postings. */
type Prefix = { [K in TextKey]: K extends `${infer A}.${infer Group}.${string}` ? `${A}.${Group}.` : never }[TextKey];

/** The text for a name from elsewhere, such as a state that a store tells; one that has none stands for itself. */
export function named(prefix: Prefix, name: string): string {
  const key = `${prefix}${name}`;
  return i18n.exists(key, { lng: currentLanguage() }) ? say(currentLanguage(), key, undefined) : name;
}

const MARK = '\u0001';

/** A text whose values are drawn: links, names in bold. */
export function rich<K extends TextKey>(key: K, values: Readonly<Record<NamesOf<K>, ReactNode>>): ReactNode {
  const given = values as Readonly<Record<string, ReactNode>>;
  const marks: Record<string, string> = {};
  for (const name of Object.keys(given)) marks[name] = `${MARK}${name}${MARK}`;
  const { count } = given;
  const options =
    typeof count === 'string' || typeof count === 'number' || typeof count === 'bigint' ? { count: Number(count) } : {};
  if ('count' in options) marks.count = grouped(String(count));
  const parts = SAID[currentLanguage()](key, { ...options, replace: marks }).split(MARK);
  // Every second part is the name of a value.
  return parts.map((part, index) => createElement(Fragment, { key: index }, index % 2 === 0 ? part : given[part]));
}

/** Something made of texts, made once for each language; for what would be a constant if it held no texts. */
export function perLanguage<T>(make: () => T): () => T {
  const made = new Map<Language, T>();
  return () => {
    const language = currentLanguage();
    const known = made.get(language);
    if (known !== undefined) return known;
    const value = make();
    made.set(language, value);
    return value;
  };
}

/** A label within a sentence: English writes it small, German does not. */
export const midSentence = (label: string): string => (currentLanguage() === 'en' ? label.toLowerCase() : label);

onLanguage((language) => {
  if (typeof document !== 'undefined') document.documentElement.lang = language;
});
