import { isPlainText } from './plain-text';

describe('isPlainText', () => {
  it.each(['a', ' a ', 'Gerät 1', 'a/b.c', '名', '😀', '\u200d', 'x'.repeat(10)])('takes %j', (text) => {
    expect(isPlainText(text, 10)).toBe(true);
  });

  it.each(['', ' ', '\u00a0', 'a\tb', 'a\nb', '\0', 'a\u007f', 'a\u0085', '\ud800', 'a\udc00b', 'x'.repeat(11)])(
    'refuses %j',
    (text) => {
      expect(isPlainText(text, 10)).toBe(false);
    },
  );
});
