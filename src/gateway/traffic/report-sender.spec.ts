import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '@tollgate/config';
import { FakeClock } from '@tollgate/testing';
import { ReportSender } from './report-sender';
import type { TrafficReport } from './traffic-report';

const REPORT: TrafficReport = {
  key: 'k1',
  tokenId: 'tt_a',
  token: 'secret-a',
  region: 'eu',
  proxyName: 'web',
  inBytes: 52_428_800,
  outBytes: 10_485_760,
  timestamp: 1_707_412_800,
};

describe('ReportSender', () => {
  let server: Server;
  let url: string;
  let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  let sender: ReportSender | undefined;
  let connections: number;

  beforeEach(async () => {
    connections = 0;
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        answer(request, response, body);
      });
    });
    server.on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/traffic/report`;
  });
  afterEach(async () => {
    sender?.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const open = (key?: Secret, timeoutMs?: number): ReportSender =>
    (sender = new ReportSender({ url, key, ...(timeoutMs !== undefined && { timeoutMs }) }, new FakeClock()));

  it('sends the body of the contract with its key and ours, over one connection', async () => {
    const seen: unknown[] = [];
    answer = ({ method, url: path, headers }, response, body) => {
      const { authorization, 'idempotency-key': key, 'content-type': type } = headers;
      seen.push({ method, path, authorization, key, type, body });
      response.end('{}');
    };
    const opened = open(new Secret('shared'));
    expect(await opened.send(REPORT)).toStrictEqual({ kind: 'accepted' });
    expect(await opened.send(REPORT)).toStrictEqual({ kind: 'accepted' });
    expect(seen).toStrictEqual(
      Array(2).fill({
        method: 'POST',
        path: '/traffic/report',
        authorization: 'Bearer shared',
        key: 'k1',
        type: 'application/json',
        body: '{"token":"secret-a","region":"eu","proxyName":"web","trafficIn":52428800,"trafficOut":10485760,"timestamp":1707412800}',
      }),
    );
    expect(connections).toBe(1);
  });

  it('has the month that the receiver tells, and of a failure none', async () => {
    let status = 200;
    answer = (_request, response) => {
      response.writeHead(status);
      // In pieces, as it may come.
      response.write('{"status":"counted","month":"2026-11",');
      setImmediate(() => response.end('"monthTraffic":5}'));
    };
    expect(await open().send(REPORT)).toStrictEqual({ kind: 'accepted', month: { month: 2026 * 12 + 10, bytes: 5 } });
    status = 500;
    expect(await open().send(REPORT)).toStrictEqual({ kind: 'failed', reason: 'status 500' });
    status = 400;
    expect(await open().send(REPORT)).toStrictEqual({ kind: 'refused', status: 400 });
  });

  it('sends no authorization without a key', async () => {
    let sent: string | undefined = 'none seen';
    answer = ({ headers }, response) => {
      sent = headers.authorization;
      response.end();
    };
    await open().send(REPORT);
    expect(sent).toBeUndefined();
  });

  it.each([
    [200, 'accepted'],
    [204, 'accepted'],
    [400, 'refused'],
    [409, 'refused'],
    [422, 'refused'],
    [302, 'failed'],
    [401, 'failed'],
    [404, 'failed'],
    [408, 'failed'],
    [429, 'failed'],
    [500, 'failed'],
    [503, 'failed'],
  ])('takes a %i as %s', async (status, kind) => {
    answer = (_request, response) => {
      response.writeHead(status, { location: url }).end();
    };
    expect(await open().send(REPORT)).toMatchObject({ kind });
  });

  it('tells what Retry-After asks for', async () => {
    answer = (_request, response) => {
      response.writeHead(503, { 'retry-after': '7' }).end();
    };
    expect(await open().send(REPORT)).toStrictEqual({ kind: 'failed', reason: 'status 503', retryAfterMs: 7_000 });
  });

  it('fails when no answer comes in time, the connection breaks, or nobody listens', async () => {
    answer = () => undefined;
    expect(await open(undefined, 50).send(REPORT)).toStrictEqual({ kind: 'failed', reason: 'no answer in time' });
    answer = (request) => {
      request.socket.destroy();
    };
    expect(await open().send(REPORT)).toStrictEqual({ kind: 'failed', reason: 'ECONNRESET' });
    url = 'http://127.0.0.1:1/';
    expect(await open().send(REPORT)).toStrictEqual({ kind: 'failed', reason: 'ECONNREFUSED' });
  });

  it('reads no more of a long answer than its bound, and has the status', async () => {
    let isCut = false;
    let noteCut: () => void = () => undefined;
    const cut = new Promise<void>((resolve) => (noteCut = resolve));
    answer = (_request, response) => {
      const more = (): void => {
        while (!isCut && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      response.on('close', () => {
        isCut = true;
        noteCut();
      });
      more();
    };
    expect(await open().send(REPORT)).toStrictEqual({ kind: 'accepted' });
    await cut;
  });
});
