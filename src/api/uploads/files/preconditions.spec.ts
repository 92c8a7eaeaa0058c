import { type ConditionalHeaders, checkPreconditions, isRangeWanted } from './preconditions';

const CREATED = 'Sun, 04 Jan 2026 10:00:00 GMT';
const BEFORE = 'Sun, 04 Jan 2026 09:59:59 GMT';
const AFTER = 'Sun, 04 Jan 2026 10:00:01 GMT';
const VALIDATORS = { etag: '"abc"', lastModified: new Date(CREATED) };

describe('checkPreconditions', () => {
  it.each<[ConditionalHeaders, string]>([
    [{}, 'proceed'],
    [{ 'if-none-match': '"abc"' }, 'not-modified'],
    [{ 'if-none-match': 'W/"abc"' }, 'not-modified'],
    [{ 'if-none-match': '"x", "abc"' }, 'not-modified'],
    [{ 'if-none-match': '*' }, 'not-modified'],
    [{ 'if-none-match': '"x"' }, 'proceed'],
    [{ 'if-none-match': 'abc' }, 'proceed'],
    [{ 'if-modified-since': CREATED }, 'not-modified'],
    [{ 'if-modified-since': AFTER }, 'not-modified'],
    [{ 'if-modified-since': BEFORE }, 'proceed'],
    [{ 'if-modified-since': 'yesterday-ish' }, 'proceed'],
    [{ 'if-none-match': '"x"', 'if-modified-since': AFTER }, 'proceed'],
    [{ 'if-match': '"abc"' }, 'proceed'],
    [{ 'if-match': '*' }, 'proceed'],
    [{ 'if-match': 'W/"abc"' }, 'failed'],
    [{ 'if-match': '"x"' }, 'failed'],
    [{ 'if-unmodified-since': BEFORE }, 'failed'],
    [{ 'if-unmodified-since': CREATED }, 'proceed'],
    [{ 'if-match': '"abc"', 'if-unmodified-since': BEFORE }, 'proceed'],
    [{ 'if-match': '"x"', 'if-none-match': '"abc"' }, 'failed'],
  ])('with %j: %s', (headers, outcome) => {
    expect(checkPreconditions(headers, VALIDATORS)).toBe(outcome);
  });
});

describe('isRangeWanted', () => {
  it.each([
    [undefined, true],
    ['"abc"', true],
    ['"x"', false],
    ['W/"abc"', false],
    [CREATED, true],
    [AFTER, false],
    [BEFORE, false],
    ['nonsense', false],
  ])('with If-Range %s: %s', (ifRange, isWanted) => {
    expect(isRangeWanted({ 'if-range': ifRange }, VALIDATORS)).toBe(isWanted);
  });
});
