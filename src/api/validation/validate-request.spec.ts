import { MAX_SCOPES, TollgateError } from '@tollgate/domain';
import fc from 'fast-check';
import { ValidateBodies, asksFresh, bearerTokenOf, parseValidateBody } from './validate-request';

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
      expect(parseValidateBody(body)).toEqual({ requested: undefined, scopes: [], grantedJson: '' });
    },
  );

  it('keeps what was asked as it was asked', () => {
    expect(parseValidateBody({ required_scope: 'a:b' })).toEqual({
      requested: 'a:b',
      scopes: ['a:b'],
      grantedJson: ',"permission_check":{"requested":"a:b","granted":true}',
    });
    expect(parseValidateBody({ required_scope: ['a:b', '*'] })).toEqual({
      requested: ['a:b', '*'],
      scopes: ['a:b', '*'],
      grantedJson: ',"permission_check":{"requested":["a:b","*"],"granted":true}',
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

describe('ValidateBodies', () => {
  const bodies = new ValidateBodies();

  it('reads a body the same the first time and the next', () => {
    const body = Buffer.from('{"required_scope":["storage:read","stockage:déposer"]}');
    const first = bodies.read(body);
    expect(first).toEqual(parseValidateBody(JSON.parse(body.toString())));
    expect(bodies.read(Buffer.from(body))).toBe(first);
  });

  it('refuses a wrong body every time', () => {
    for (const wrong of ['{', '[]', '{"required_scope":1}', '"\xff"'].map((text) => Buffer.from(text, 'latin1'))) {
      expect(() => bodies.read(wrong)).toThrow();
      expect(() => bodies.read(wrong)).toThrow();
    }
  });

  it('does not take bytes that are no UTF-8 for a text that looks alike', () => {
    expect(bodies.read(Buffer.from('{"required_scope":"a:\u00e9"}', 'utf8')).scopes).toEqual(['a:é']);
    expect(() => bodies.read(Buffer.from('{"required_scope":"a:\u00e9"}', 'latin1'))).toThrow('not valid UTF-8');
  });

  it('reads what is too long to be remembered, and more than it remembers', () => {
    const long = Buffer.from(JSON.stringify({ required_scope: `a:${'b'.repeat(120)}`, note: 'x'.repeat(300) }));
    expect(bodies.read(long).scopes).toEqual([`a:${'b'.repeat(120)}`]);
    for (let index = 0; index < 2_500; index += 1) {
      const scope = `a:${String(index)}`;
      expect(bodies.read(Buffer.from(JSON.stringify({ required_scope: scope }))).scopes).toEqual([scope]);
    }
  });

  it('takes no body, and an empty one, as "no scope asked"', () => {
    expect([bodies.read(undefined).scopes, bodies.read(Buffer.alloc(0)).scopes]).toEqual([[], []]);
  });
});
