import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UploadErrorCode } from '../uploads/upload-error';
import { UPLOAD_TOKEN_STATES } from '../upload-tokens/upload-token-state';

interface Texts {
  readonly TEXTS: Readonly<Record<'en' | 'zh', Readonly<Record<string, string>>>>;
}
interface Language {
  chooseLanguage(tags: readonly string[]): string;
  fillIn(template: string, values: Readonly<Record<string, string | number>>): string;
}

const { TEXTS } = jest.requireActual<Texts>('./assets/texts.js');
const { chooseLanguage, fillIn } = jest.requireActual<Language>('./assets/language.js');

/** The compiler holds it complete. */
const CODES: Readonly<Record<UploadErrorCode, true>> = {
  MISSING_UPLOAD_TOKEN: true,
  INVALID_UPLOAD_TOKEN: true,
  TOKEN_EXPIRED: true,
  TOKEN_ALREADY_USED: true,
  INVALID_AUTH_KEY: true,
  RATE_LIMITED: true,
  INVALID_MULTIPART: true,
  MISSING_FILE: true,
  EMPTY_FILE: true,
  FILE_TOO_LARGE: true,
  UNSUPPORTED_FILE_TYPE: true,
  UPLOAD_TOO_SLOW: true,
  QUOTA_EXCEEDED: true,
  TOO_MANY_UPLOADS: true,
  STORAGE_FULL: true,
  STORAGE_UNAVAILABLE: true,
  UPLOAD_EXPIRED: true,
  UPLOAD_BUSY: true,
};

describe('the texts of the page', () => {
  const keys = Object.keys(TEXTS.en);

  it('are the same in both languages, and none is empty', () => {
    expect(Object.keys(TEXTS.zh)).toEqual(keys);
    for (const texts of Object.values(TEXTS)) {
      expect(Object.values(texts).filter((text) => text.trim() === '')).toEqual([]);
    }
  });

  it('have the same words filled in', () => {
    const wordsOf = (text: string | undefined): string[] => (text?.match(/\{\w+\}/g) ?? []).sort();
    for (const key of keys) expect([key, wordsOf(TEXTS.zh[key])]).toEqual([key, wordsOf(TEXTS.en[key])]);
  });

  it('explain every refusal and every state of a token', () => {
    for (const code of Object.keys(CODES)) expect(keys).toContain(`error.${code}`);
    for (const state of UPLOAD_TOKEN_STATES) expect(keys).toContain(`state.${state}`);
  });

  it('are there for everything that the HTML asks for', () => {
    const html = readFileSync(join(__dirname, 'assets/admin.html'), 'utf8');
    const asked = [...html.matchAll(/data-(?:text|label|placeholder)="([^"]+)"/g)].map(([, key]) => key);
    expect(asked.length).toBeGreaterThan(40);
    for (const key of asked) expect(keys).toContain(key);
  });

  it.each([
    [['zh-CN', 'en'], 'zh'],
    [['en-GB', 'zh-CN'], 'en'],
    [['de', 'ZH-tw'], 'zh'],
    [['zha', 'fr'], 'en'],
    [[], 'en'],
  ])('are chosen for %j: %s', (tags, language) => {
    expect(chooseLanguage(tags)).toBe(language);
  });

  it('leave a word alone that has no value', () => {
    expect(fillIn('{a} of {b}, {a}', { a: 1 })).toBe('1 of {b}, 1');
  });
});
