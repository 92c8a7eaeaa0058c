import { type ArgumentsHost, BadRequestException, ServiceUnavailableException } from '@nestjs/common';
import { Clock } from '@tollgate/domain';
import { createLogger } from '@tollgate/observability';
import { ErrorFilter } from './error.filter';

class FixedClock extends Clock {
  override nowMs(): number {
    return Date.UTC(2026, 0, 4, 10);
  }
}

describe('ErrorFilter', () => {
  const lines: string[] = [];
  const sent: unknown[] = [];
  const reply = { status: () => reply, send: (body: unknown) => void sent.push(body) };
  const host = { switchToHttp: () => ({ getResponse: () => reply }) } as unknown as ArgumentsHost;
  const filter = new ErrorFilter(
    new FixedClock(),
    createLogger('test', 'info', { write: (line) => void lines.push(line) }),
  );

  beforeEach(() => {
    lines.length = 0;
    sent.length = 0;
  });

  it('passes a refusal on with its text', () => {
    filter.catch(new BadRequestException('limit must be a number'), host);
    expect(sent).toEqual([{ error: 'limit must be a number', code: 400, timestamp: '2026-01-04T10:00:00.000Z' }]);
  });

  it.each([new Error('driver said /secret/path'), new ServiceUnavailableException('driver said'), 'driver said'])(
    'keeps a fault inside and leaves a request id to find it by',
    (fault) => {
      filter.catch(fault, host);
      expect(JSON.stringify(sent)).not.toContain('driver said');
      const [body] = sent as [{ error: string; code: number; request_id: string }];
      expect(body).toMatchObject({ error: 'internal error', code: 500 });
      expect(lines.join('')).toContain(body.request_id);
      expect(lines.join('')).toContain('driver said');
    },
  );
});
