import { MAX_SCOPES, TollgateError } from '@tollgate/domain';
import fc from 'fast-check';
import { asksFresh, bearerTokenOf, parseValidateBody } from './validate-request';

function refusal(body: unknown): string {
  try {
    parseValidateBody(body);
  } catch (error) {
    if (error instanceof TollgateError && error.code === 'invalid_request') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('parseValidateBody', () => {
  it.each([undefined, {}, { required_scope: '' }, { required_scope: [] }, { other: 1 }])(
    'asks for no scope in %j',
    (body) => {
      expect(parseValidateBody(body)).toEqual({ requested: undefined, scopes: [] });
    },
  );

  it('keeps what was asked as it was asked', () => {
    expect(parseValidateBody({ required_scope: 'a:b' })).toEqual({ requested: 'a:b', scopes: ['a:b'] });
    expect(parseValidateBody({ required_scope: ['a:b', '*'] })).toEqual({
      requested: ['a:b', '*'],
      scopes: ['a:b', '*'],
    });
  });

  it.each([null, 5, true, 'text', [], [{}]])('never takes the body %j for "no scope asked"', (body) => {
    expect(refusal(body)).toBe('request: must be a JSON object');
  });

  it.each([null, 0, 5, true, false, {}, { 0: 'a:b' }])(
    'never takes required_scope %j for "no scope asked"',
    (scope) => {
      expect(refusal({ required_scope: scope })).toMatch(/^required_scope: must be/);
    },
  );

  it.each([
    ['storage', 'required_scope: must be'],
    [' ', 'required_scope: must be'],
    ['a:b:c', 'required_scope: must be'],
    [['a:b', 'c'], 'required_scope.1: must be'],
    [['a:b', ''], 'required_scope.1: must be'],
    [['a:b', null], 'required_scope.1: must be a text'],
    [[['a:b']], 'required_scope.0: must be a text'],
    [[5], 'required_scope.0: must be a text'],
  ])('names the place of what is no scope in %j', (scope, message) => {
    expect(refusal({ required_scope: scope })).toContain(message);
  });

  it('is bounded in length', () => {
    const scopes = (count: number): string[] => Array.from({ length: count }, (_, index) => `a:b${String(index)}`);
    expect(refusal({ required_scope: scopes(MAX_SCOPES) })).toBe('accepted');
    expect(refusal({ required_scope: scopes(MAX_SCOPES + 1) })).toMatch(/at most 64 entries/);
  });

  it('is not reached through a prototype', () => {
    expect(parseValidateBody(JSON.parse('{"__proto__":{"required_scope":"a:b"}}')).scopes).toEqual([]);
  });

  it('answers any JSON with a request or a refusal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(typeof refusal({ required_scope: value })).toBe('string');
        expect(typeof refusal(value)).toBe('string');
      }),
    );
  });
});

describe('bearerTokenOf', () => {
  it.each(['Bearer abc', 'bearer abc', 'BEARER abc', 'Bearer   abc', 'Bearer abc '])(
    'finds the token in %j',
    (header) => {
      expect(bearerTokenOf(header)).toBe('abc');
    },
  );

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer    ',
    'Bearerabc',
    'Basic abc',
    'QINIU ak:sig',
    ' Bearer abc',
    'abc',
  ])('finds none in %j', (header) => {
    expect(bearerTokenOf(header)).toBeUndefined();
  });

  it('does not look at a header longer than any token', () => {
    expect(bearerTokenOf(`Bearer ${'a'.repeat(505)}`)).toHaveLength(505);
    expect(bearerTokenOf(`Bearer ${'a'.repeat(506)}`)).toBeUndefined();
  });
});

describe('asksFresh', () => {
  it.each(['no-cache', 'No-Cache', 'max-age=0, no-cache', 'no-cache, no-store', 'no-cache="set-cookie"'])(
    'hears it in %j',
    (header) => {
      expect(asksFresh(header)).toBe(true);
    },
  );

  it.each(['', 'no-store', 'x-no-cache', 'no-cached', 'max-age=0'])('does not hear it in %j', (header) => {
    expect(asksFresh(header)).toBe(false);
  });
});
