import { attachment } from './content-disposition';

describe('attachment', () => {
  it.each([
    ['clip.mp4', 'attachment; filename="clip.mp4"'],
    ["it's (1).mp4", 'attachment; filename="it\'s (1).mp4"'],
    ['a "b".mp4', 'attachment; filename="a _b_.mp4"; filename*=UTF-8\'\'a%20%22b%22.mp4'],
    ['50%.mp4', 'attachment; filename="50_.mp4"; filename*=UTF-8\'\'50%25.mp4'],
    ['视频.mp4', 'attachment; filename="__.mp4"; filename*=UTF-8\'\'%E8%A7%86%E9%A2%91.mp4'],
    ['🎬.mp4', 'attachment; filename="_.mp4"; filename*=UTF-8\'\'%F0%9F%8E%AC.mp4'],
    ["l'été*.mp4", "attachment; filename=\"l'_t_*.mp4\"; filename*=UTF-8''l%27%C3%A9t%C3%A9%2A.mp4"],
  ])('of %s reads %s', (name, header) => {
    expect(attachment(name)).toBe(header);
  });

  it('never breaks out of its header', () => {
    for (const name of ['a\r\nX-Evil: 1', 'a"; filename="b', 'a\\', '\0', '\u2028']) {
      expect(attachment(name)).toMatch(
        /^attachment; filename="[^"\\\r\n]*"(?:; filename\*=UTF-8''[\w!#$&+.^`|~%-]+)?$/,
      );
    }
  });
});
