import { createLogger } from '@tollgate/observability';
import { createUploadTokenLog, isDebugged } from './upload-token-log';

describe('DEBUG', () => {
  it.each([['vpro:auth'], ['vpro:*'], ['*'], ['*:auth'], ['express', 'vpro:auth']])(
    'means vpro:auth by %s',
    (...names) => {
      expect(isDebugged('vpro:auth', names)).toBe(true);
    },
  );

  it.each([
    [''],
    ['vpro'],
    ['vpro:upload'],
    ['xvpro:auth'],
    ['vpro:auth2'],
    ['vproxauth'],
    ['*', '-vpro:auth'],
    ['-vpro:*', 'vpro:*'],
  ])('does not by %s', (...names) => {
    expect(isDebugged('vpro:auth', names)).toBe(false);
  });
});

describe('the log of upload tokens', () => {
  function messagesOf(level: string, debug: readonly string[]): string[] {
    const lines: string[] = [];
    const log = createLogger('api', level, { write: (line) => lines.push(line) });
    createUploadTokenLog(log, debug).debug({}, 'of upload tokens');
    log.debug({}, 'of others');
    return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  }

  it('has the level of all others', () => {
    expect(messagesOf('info', [])).toEqual([]);
    expect(messagesOf('debug', [])).toEqual(['of upload tokens', 'of others']);
  });

  it('is raised alone by DEBUG', () => {
    expect(messagesOf('warn', ['vpro:auth'])).toEqual(['of upload tokens']);
  });
});
