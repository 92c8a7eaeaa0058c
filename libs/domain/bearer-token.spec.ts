import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  DEFAULT_TOKEN_PREFIX,
  TOKEN_PREFIX_PATTERN,
  hashToken,
  isPlausibleToken,
  newBearerToken,
  previewToken,
} from './bearer-token';

const prefix = fc.stringMatching(TOKEN_PREFIX_PATTERN);
const hex64 = fc.stringMatching(/^[0-9a-f]{64}$/);

describe('newBearerToken', () => {
  it('is {prefix}-{at least 64 characters of [A-Za-z0-9]} for every allowed prefix', () => {
    fc.assert(
      fc.property(prefix, (text) => {
        expect(newBearerToken(text)).toMatch(new RegExp(`^${text}-[A-Za-z0-9]{64,}$`));
      }),
    );
  });

  it('never comes out twice', () => {
    const tokens = new Set(Array.from({ length: 2_000 }, () => newBearerToken(DEFAULT_TOKEN_PREFIX)));
    expect(tokens.size).toBe(2_000);
  });
});

describe('isPlausibleToken', () => {
  it('lets every token of ours through', () => {
    fc.assert(
      fc.property(prefix, (text) => {
        expect(isPlausibleToken(newBearerToken(text))).toBe(true);
      }),
    );
  });

  it('refuses a token of ours with any one character changed', () => {
    const token = newBearerToken('sk');
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === 'Q' ? 'R' : 'Q';
      expect(isPlausibleToken(token.slice(0, at) + other + token.slice(at + 1))).toBe(false);
    }
  });

  it('refuses a token of ours that is cut short or goes on', () => {
    const token = newBearerToken('sk');
    for (let length = 0; length < token.length; length += 1) {
      expect(isPlausibleToken(token.slice(0, length))).toBe(false);
    }
    expect(isPlausibleToken(`${token}0`)).toBe(false);
    expect(isPlausibleToken(token.slice(token.indexOf('-') + 1))).toBe(false);
  });

  it('never asks a token of the original service for a checksum, whatever its prefix', () => {
    const foreignPrefix = fc.oneof(prefix, fc.stringMatching(/^[\x21-\x7e]{1,20}$/));
    const separator = fc.constantFrom('-', '_', '');
    fc.assert(
      fc.property(foreignPrefix, separator, hex64, (text, between, hex) => {
        expect(isPlausibleToken(text + between + hex)).toBe(true);
      }),
    );
  });

  it.each(['sk_', 'custom_', 'SK-', 'x-TG1ab', 'TG1', '-TG1-'])(
    'lets the original token with prefix %s through',
    (text) => {
      expect(isPlausibleToken(text + 'ab01'.repeat(16))).toBe(true);
      expect(isPlausibleToken(text + 'AB01'.repeat(16))).toBe(true);
    },
  );

  it('refuses junk without asking the store', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        fc.pre(!/[0-9A-Fa-f]{64}$/.test(text));
        expect(isPlausibleToken(text)).toBe(false);
      }),
    );
    expect(isPlausibleToken('a'.repeat(64))).toBe(false);
    expect(isPlausibleToken(`sk-${'g'.repeat(64)}`)).toBe(false);
    expect(isPlausibleToken(`s k-${'a'.repeat(64)}`)).toBe(false);
  });
});

describe('previewToken', () => {
  it('hides 30 characters from the 16th on and keeps the length', () => {
    fc.assert(
      fc.property(prefix, (text) => {
        const token = newBearerToken(text);
        const preview = previewToken(token);
        expect(preview).toHaveLength(token.length);
        expect(preview).toBe(`${token.slice(0, 15)}${'*'.repeat(30)}${token.slice(45)}`);
      }),
    );
  });

  it('keeps the length of a text too short to hide 30 characters in', () => {
    expect(previewToken('0123456789abcdefgh')).toBe('0123456789abcde***');
    expect(previewToken('short')).toBe('short');
  });
});

describe('hashToken', () => {
  it('is the SHA-256 of the value', () => {
    expect(hashToken('sk-abc')).toEqual(createHash('sha256').update('sk-abc').digest());
  });
});
