// biome-ignore-all lint/suspicious/noTemplateCurlyInString: sources are strings here
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { afterEach, describe, expect, it } from 'vitest';
import { changeSettings, DEFAULTS } from '../app/settings';
import { grouped, seconds, size } from '../shared/format';
import { de } from './de';
import { en } from './en';
import { currentLanguage, perLanguage } from './index';
import { systemLanguage } from './language';
import { amount } from './numbers';
import { findHardCoded, literalText } from './test/hardCoded';
import { SAME_IN_BOTH } from './test/sameInBoth';

const ROOT = join(import.meta.dirname, '..');

function sources(folder = ROOT): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return ['i18n', 'test'].includes(name) ? [] : sources(path);
    return /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) && name !== 'bindings.ts' ? [path] : [];
  });
}

const flat = (areas: object): Map<string, string> =>
  new Map(
    Object.entries(areas).flatMap(([area, texts]) =>
      Object.entries(texts as Record<string, string>).map(([name, text]) => [`${area}.${name}`, text] as const),
    ),
  );

const english = flat(en);
const german = flat(de);
const placeholders = (text: string): string[] =>
  [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? ''))].sort();
const base = (key: string): string => key.replace(/_(?:one|other)$/, '');

const FILES = sources().map((path) => ({
  name: relative(ROOT, path).replaceAll('\\', '/'),
  text: readFileSync(path, 'utf8'),
}));

afterEach(() => changeSettings(DEFAULTS));

describe('texts', () => {
  it('have the same names in both languages', () => {
    expect([...german.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it('are none of them empty, and say the same values', () => {
    for (const [key, text] of english) {
      const translated = german.get(key) ?? '';
      expect(text.trim(), key).not.toBe('');
      expect(translated.trim(), key).not.toBe('');
      // One may be said without its number.
      const said = (of: string) => placeholders(of).filter((name) => name !== 'count' || !key.endsWith('_one'));
      expect(said(translated), key).toEqual(said(text));
    }
  });

  it('have both forms of a plural', () => {
    const forms = [...english.keys()].filter((key) => key !== base(key));
    for (const key of forms) {
      expect(english.has(`${base(key)}_one`), `${key} without one`).toBe(true);
      expect(english.has(`${base(key)}_other`), `${key} without other`).toBe(true);
      expect(english.has(base(key)), `${base(key)} is a plural and a text`).toBe(false);
    }
  });

  it('are German in German, but for words that are the same in both', () => {
    const word = (text: string): boolean => /\p{L}{2,}/u.test(text.replace(/\{\{\w+\}\}/g, ''));
    const same = [...english].filter(([key, text]) => word(text) && german.get(key) === text);
    const unnamed = same.filter(([, text]) => !SAME_IN_BOTH.has(text)).map(([key, text]) => `${key}: ${text}`);
    expect(unnamed).toEqual([]);
    const used = new Set(same.map(([, text]) => text));
    expect([...SAME_IN_BOTH].filter((text) => !used.has(text))).toEqual([]);
  });

  it('are all of them used', () => {
    const whole = new Set<string>();
    const begun = new Set<string>();
    for (const { name, text } of FILES) {
      const tree = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
      const visit = (node: ts.Node): void => {
        if (ts.isTemplateExpression(node)) begun.add(node.head.text);
        else whole.add(literalText(node) ?? '');
        ts.forEachChild(node, visit);
      };
      visit(tree);
    }
    const areas = Object.keys(en).map((area) => `${area}.`);
    // A key that is put together has to name its part of the window.
    for (const text of whole) if (text.endsWith('.')) begun.add(text);
    const prefixes = [...begun].filter((prefix) => areas.some((area) => prefix.startsWith(area)));
    const isUsed = (key: string) => whole.has(base(key)) || prefixes.some((prefix) => key.startsWith(prefix));
    expect([...english.keys()].filter((key) => !isUsed(key))).toEqual([]);
    expect(
      prefixes.filter((prefix) => areas.includes(prefix)),
      'too little of a key',
    ).toEqual([]);
  });
});

describe('the source', () => {
  it.each(FILES.map(({ name, text }) => [name, text] as const))('of %s holds no texts of its own', (name, text) => {
    expect(findHardCoded(name, text).map((one) => `${one.line} (${one.why}): ${one.text}`)).toEqual([]);
  });

  it.each([
    ['<p>Nothing here</p>', 'tag'],
    ['<p>{empty ? "none" : x}</p>', 'child'],
    ['<A label="open" />', 'attribute'],
    ['<A label={`Version ${x}`} />', 'attribute'],
    ['<Pair name="Actor">{x}</Pair>', 'attribute'],
    ['({ title: wide ? "Widen" : "Narrow" })', 'property'],
    ['showDone(`Copied ${x}`)', 'argument'],
    ['const about = () => "Select an event first."', 'words'],
    ['const TITLES = { open: "Open" }', 'words'],
    ['const TITLE = t("app.title")', 'moduleLevel'],
  ])('is found out where it says %s', (source, why) => {
    expect(findHardCoded('x.tsx', source).map((one) => one.why)).toContain(why);
  });

  it.each([
    '<p className={`${s.a} wide`} data-testid="x y">{x} · {y}</p>',
    '<Kbd>Esc</Kbd>',
    'const A = () => <B label={t("app.title")} tone="bad" />',
    'if (kind === "Open") throw new Error("no such thing here")',
    'const title = () => t("app.title")',
    'document.querySelector("main [data-search-field]")',
  ])('may say %s', (source) => {
    expect(findHardCoded('x.tsx', source).map(({ why, text }) => `${why}: ${text}`)).toEqual([]);
  });
});

describe('the language', () => {
  it('is the system’s, if it is one of ours', () => {
    expect(systemLanguage(['de-AT', 'en'])).toBe('de');
    expect(systemLanguage(['fr', 'de'])).toBe('de');
    expect(systemLanguage(['fr'])).toBe('en');
    expect(systemLanguage([])).toBe('en');
  });

  it('is the one that was chosen, and the page says so', () => {
    changeSettings({ language: 'de' });
    expect(currentLanguage()).toBe('de');
    expect(document.documentElement.lang).toBe('de');
    changeSettings({ language: 'en' });
    expect(document.documentElement.lang).toBe('en');
  });

  it('is kept apart in what is made once', () => {
    let made = 0;
    const lists = perLanguage(() => {
      made += 1;
      return [currentLanguage()];
    });
    expect(lists()).toBe(lists());
    changeSettings({ language: 'de' });
    expect(lists()).toEqual(['de']);
    expect(made).toBe(2);
  });

  it('says how numbers are written, and loses no digit', () => {
    expect(amount('-12,345,678,901,234,567.89')).toBe('-12,345,678,901,234,567.89');
    expect(size('1234567')).toBe('1.2 MB');
    changeSettings({ language: 'de' });
    expect(amount('-12,345,678,901,234,567.89')).toBe('-12.345.678.901.234.567,89');
    expect(size('1234567')).toBe('1,2 MB');
    expect(seconds(2.5)).toBe('2,5 s');
    expect(grouped('1234567')).toBe('1\u202f234\u202f567');
  });
});
