import { isTypePattern, matchesType } from './type-pattern';

describe('type patterns', () => {
  it.each(['video/*', 'video/mp4', 'application/vnd.ms-excel', 'image/svg+xml', 'video/x-matroska'])(
    'take %s',
    (text) => {
      expect(isTypePattern(text)).toBe(true);
    },
  );

  it.each(['', '*', '*/*', 'video', 'video/', '/mp4', 'Video/MP4', 'video/mp4; codecs=x', 'video/*x', 'vi deo/mp4'])(
    'do not take "%s"',
    (text) => {
      expect(isTypePattern(text)).toBe(false);
    },
  );

  it('match a type, or every type of a kind', () => {
    expect(matchesType('video/mp4', ['image/png', 'video/*'])).toBe(true);
    expect(matchesType('video/mp4', ['video/mp4'])).toBe(true);
    expect(matchesType('video/mp4', ['video/mp', 'image/*'])).toBe(false);
    expect(matchesType('videox/mp4', ['video/*'])).toBe(false);
  });
});
