import fc from 'fast-check';
import { cleanFileName, storedFileName } from './file-name';

const named = (sent: string): string => storedFileName(sent, {}, 'mp4');

describe('the name of an upload', () => {
  it.each([
    ['clip.mp4', 'clip.mp4'],
    ['Ünïcode 视频 🎬.mp4', 'Ünïcode 视频 🎬.mp4'],
    ['e\u0301te\u0301.mp4', '\u00e9t\u00e9.mp4'],
    ['a.tar.gz', 'a.tar.gz'],
  ])('stays what it was: %j', (sent, kept) => {
    expect(named(sent)).toBe(kept);
  });

  it.each([
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\windows\\system.ini', 'system.ini'],
    ['/abs/olute.mp4', 'olute.mp4'],
    ['C:\\fakepath\\clip.mp4', 'clip.mp4'],
    ['c:clip.mp4', 'clip.mp4'],
    ['clip.mp4:stream', 'clip.mp4_stream'],
    ['a<b>"c"|d?*.mp4', 'a_b__c__d__.mp4'],
  ])('is no path: %j', (sent, kept) => {
    expect(named(sent)).toBe(kept);
  });

  it.each([
    ['clip.mp4\0.exe', 'clip.mp4.exe'],
    ['li\r\nne.mp4', 'line.mp4'],
    ['gpj\u202e4pm.exe', 'gpj4pm.exe'],
    ['in\u200bvisi\u200d\ufeffble.mp4', 'invisible.mp4'],
    ['a\u2028b\u2066c\u00ad.mp4', 'abc.mp4'],
    ['\u3164.mp4', 'mp4'],
    ['lone\ud800.mp4', 'lone.mp4'],
  ])('hides nothing: %j', (sent, kept) => {
    expect(named(sent)).toBe(kept);
  });

  it.each(['', ' ', '.', '..', '...', '/', 'a/', '\u200b', '\0', 'C:', ' . . '])('is never empty: %j', (sent) => {
    expect(named(sent)).toBe('upload.mp4');
  });

  it.each([
    ['CON', '_CON'],
    ['nul.mp4', '_nul.mp4'],
    ['com1.tar.gz', '_com1.tar.gz'],
    ['LPT\u00b9', '_LPT\u00b9'],
    ['console.mp4', 'console.mp4'],
    ['.hidden', 'hidden'],
    ['trailing. . ', 'trailing'],
  ])('is one that every system can save: %j', (sent, kept) => {
    expect(named(sent)).toBe(kept);
  });

  it('has at most 255 bytes, keeps its extension and cuts no character', () => {
    expect(named(`${'a'.repeat(251)}.mp4`)).toBe(`${'a'.repeat(251)}.mp4`);
    expect(named(`${'a'.repeat(252)}.mp4`)).toBe(`${'a'.repeat(251)}.mp4`);
    expect(named(`${'\u{1F3AC}'.repeat(100)}.mp4`)).toBe(`${'\u{1F3AC}'.repeat(62)}.mp4`);
    expect(named('b'.repeat(300))).toBe('b'.repeat(255));
  });

  it('is what the token says, whatever is sent', () => {
    expect(storedFileName('evil.exe', { fileName: 'lecture.mp4' }, 'mp4')).toBe('lecture.mp4');
    expect(storedFileName(undefined, { fileName: '../x.mp4' }, 'mp4')).toBe('x.mp4');
  });

  it('begins as the token says', () => {
    expect(storedFileName('a/b.mp4', { fileNamePrefix: 'class 7-' }, 'mp4')).toBe('class 7-b.mp4');
    expect(storedFileName('b.mp4', { fileNamePrefix: '../' }, 'mp4')).toBe('_b.mp4');
    expect(storedFileName(undefined, { fileNamePrefix: 'p-' }, 'webm')).toBe('p-upload.webm');
  });

  it('is safe for any text, and cleaning it again changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const name = cleanFileName(text, 'upload.bin');
        expect(name).not.toMatch(/[/\\:\p{Cc}\p{Cf}]|^\.|^$|[. ]$/u);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        expect(cleanFileName(name, 'upload.bin')).toBe(name);
      }),
    );
  });
});
