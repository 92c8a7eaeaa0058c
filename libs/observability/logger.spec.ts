import { NestLogger, createLogger } from './logger';

const SECRET = 'hunter2-hunter2';

function collect(level = 'trace'): { lines: Record<string, unknown>[]; log: ReturnType<typeof createLogger> } {
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string): void => {
      lines.push(JSON.parse(line) as Record<string, unknown>);
    },
  };
  return { lines, log: createLogger('api', level, destination) };
}

describe('createLogger', () => {
  it('writes one JSON object a line, with name, time and message', () => {
    const { lines, log } = collect();
    log.info({ url: 'http://x' }, 'listening');
    expect(lines).toEqual([expect.objectContaining({ name: 'api', url: 'http://x', msg: 'listening', level: 30 })]);
    expect(lines[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('hides what is named like a secret, on every level down to the third', () => {
    const { lines, log } = collect();
    for (const name of [
      'authorization',
      'password',
      'secret_key',
      'secretKey',
      'token',
      'masterKey',
      'operatorKey',
      'cookie',
    ]) {
      log.info({ [name]: SECRET, one: { [name]: SECRET, two: { [name]: SECRET } } }, 'x');
    }
    expect(lines).toHaveLength(8);
    expect(JSON.stringify(lines)).not.toContain(SECRET);
    expect(lines[0]?.['authorization']).toBe('[secret]');
  });

  it('keeps to its level, and says nothing when silent', () => {
    const quiet = collect('warn');
    quiet.log.info({}, 'no');
    quiet.log.warn({}, 'yes');
    expect(quiet.lines.map(({ msg }) => msg)).toEqual(['yes']);
    const silent = collect('silent');
    silent.log.fatal({}, 'no');
    expect(silent.lines).toEqual([]);
  });
});

describe('NestLogger', () => {
  it('sends start-up chatter to debug, and errors with their stack to error', () => {
    const { lines, log } = collect();
    const logger = new NestLogger(log);
    logger.log('Mapped {/x, GET} route', 'RouterExplorer');
    logger.error(new Error('broken'), 'ExceptionsHandler');
    logger.error('plain text', 'stack', 'Context');
    logger.warn('careful', 'Context');
    logger.fatal('over');
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [20, 'Mapped {/x, GET} route'],
      [50, 'broken'],
      [50, 'plain text'],
      [40, 'careful'],
      [50, 'over'],
    ]);
    expect(lines[1]?.['err']).toMatchObject({ message: 'broken', stack: expect.stringContaining('logger.spec') });
  });
});
