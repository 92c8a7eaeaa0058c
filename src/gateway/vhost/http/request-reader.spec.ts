import { type PairedStream, streamPair } from '@tollgate/testing';
import { VHOST_LIMITS } from '../limits';
import { RequestReader, type RequestTaker } from './request-reader';

const GET = 'GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n';
const post = (bytes: number): string =>
  `POST /b HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${String(bytes)}\r\n\r\n`;

class Taker implements RequestTaker {
  isBlocked = false;
  readonly told: string[] = [];
  onBody: () => void = () => undefined;

  requestBegins(): void {
    this.told.push('begins');
  }

  takeRequest({ method, path }: { readonly method: string; readonly path: string }): void {
    this.told.push(`${method} ${path}`);
  }

  passBody(chunk: Buffer): void {
    this.told.push(chunk.toString());
    this.onBody();
  }

  endRequest(): void {
    this.told.push('ends');
  }

  refuse({ status }: { readonly status: number }): void {
    this.told.push(String(status));
  }
}

describe('RequestReader', () => {
  let stream: PairedStream;
  let taker: Taker;
  let reader: RequestReader;
  let pause: jest.SpyInstance;
  let resume: jest.SpyInstance;
  beforeEach(() => {
    [stream] = streamPair({ delivery: 'manual' });
    pause = jest.spyOn(stream, 'pause');
    resume = jest.spyOn(stream, 'resume');
    taker = new Taker();
    reader = new RequestReader(stream, taker);
  });
  const push = (text: string): void => {
    reader.push(Buffer.from(text));
  };

  it('reads one request at a time, whatever the pieces, and the next when it is asked to', () => {
    for (const byte of `\r\n${post(3)}xyz${GET}`) push(byte);
    expect(taker.told).toEqual(['begins', 'POST /b', 'x', 'y', 'z', 'ends']);
    expect([reader.isComplete, reader.request?.path]).toEqual([true, '/b']);
    reader.next();
    expect(taker.told.slice(6)).toEqual(['begins', 'GET /a']);
    expect(reader.request?.path).toBe('/a');
  });

  it('reads nothing more while the user is blocked, and goes on after', () => {
    taker.isBlocked = true;
    push(GET);
    expect([taker.told, pause.mock.calls.length]).toEqual([[], 1]);
    reader.readHeld();
    expect(taker.told).toEqual([]);
    taker.isBlocked = false;
    reader.readHeld();
    expect([taker.told, resume.mock.calls.length]).toEqual([['begins', 'GET /a'], 1]);
  });

  it.each([
    [VHOST_LIMITS.maxPipelinedBytes - 1, 0],
    [VHOST_LIMITS.maxPipelinedBytes, 1],
  ])('holding %d bytes has paused the user %d times', (bytes, times) => {
    push(GET);
    push('x'.repeat(bytes));
    expect(pause).toHaveBeenCalledTimes(times);
  });

  it.each([
    [VHOST_LIMITS.maxPipelinedBytes, true],
    [VHOST_LIMITS.maxPipelinedBytes + 1, false],
  ])('thinks a body of %d bytes worth reading that nobody needs: %s', (bytes, isWorth) => {
    push(post(bytes));
    expect(reader.mayDrain).toBe(isWorth);
  });

  it('thinks no body worth reading that may never come, or of any length', () => {
    push('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n');
    expect(reader.mayDrain).toBe(false);
    reader = new RequestReader(stream, taker);
    push('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    expect(reader.mayDrain).toBe(false);
  });

  it('says that what it can not understand is refused, and keeps no request that came before', () => {
    push(GET);
    reader.next();
    push('nonsense\r\n\r\n');
    expect(taker.told.slice(2)).toEqual(['begins', '400']);
    expect(reader.request).toBeUndefined();
  });

  it('drops what comes once it is stopped, and gives back what it held', () => {
    push(GET);
    push('rest');
    expect(reader.stop().toString()).toBe('rest');
    const release = jest.fn();
    reader.push(Buffer.from(GET), { release });
    expect([taker.told, release.mock.calls.length]).toEqual([['begins', 'GET /a'], 1]);
  });

  it('reads no further request when whoever takes the end of a body has stopped it', () => {
    taker.onBody = () => {
      reader.stop();
    };
    push(`${post(3)}xyz${GET}`);
    expect(taker.told).toEqual(['begins', 'POST /b', 'xyz']);
    expect(reader.isComplete).toBe(false);
  });
});
