import { ReplayRepository } from '@tollgate/domain';
import type { AuthenticatedRequest } from '@tollgate/auth';
import type { Log } from '@tollgate/observability';
import fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify';
import { useJsonBodies } from './body-parser';
import { useReplayRelease, useRequestGuards } from './request-hooks';

describe('the hooks around every request', () => {
  const key = Buffer.from('a spent signature');
  let app: FastifyInstance;
  let release: jest.Mock<Promise<void>, [Buffer]>;
  let log: { readonly [level in keyof Log]: jest.Mock };

  beforeEach(() => {
    app = fastify();
    release = jest.fn<Promise<void>, [Buffer]>(async () => undefined);
    log = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
    const replays = Object.assign(Object.create(ReplayRepository.prototype) as ReplayRepository, { release });
    useJsonBodies(app);
    useRequestGuards(app);
    useReplayRelease(app, replays, log);
    app.post<{ Querystring: { status: string; claim?: string } }>('/', async (request, reply) => {
      if (request.query.claim !== undefined) (request as AuthenticatedRequest).replayKey = key;
      return reply.code(Number(request.query.status)).send({
        parsed: request.body ?? null,
        raw: (request as AuthenticatedRequest).rawBody?.toString('latin1') ?? null,
      });
    });
  });
  afterEach(async () => {
    await app.close();
  });

  describe('a spent signature', () => {
    it.each([429, 500, 501, 502, 503, 504])('is given back when the answer is %d', async (status) => {
      await app.inject({ method: 'POST', url: `/?claim=1&status=${String(status)}` });
      expect(release).toHaveBeenCalledWith(key);
    });

    it.each([200, 201, 400, 401, 403, 404, 409, 413])('stays spent when the answer is %d', async (status) => {
      await app.inject({ method: 'POST', url: `/?claim=1&status=${String(status)}` });
      expect(release).not.toHaveBeenCalled();
    });

    it('is given back before the answer goes out, so that an honest repeat can not come too early', async () => {
      let released = false;
      release.mockImplementation(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        released = true;
      });
      await app.inject({ method: 'POST', url: '/?claim=1&status=503' });
      expect(released).toBe(true);
    });

    it('that can not be given back is told to the log and changes no answer', async () => {
      release.mockRejectedValue(new Error('the store is away'));
      const answer = await app.inject({ method: 'POST', url: '/?claim=1&status=503' });
      expect(answer.statusCode).toBe(503);
      expect(log.warn).toHaveBeenCalledTimes(1);
    });

    it('of nobody is not given back', async () => {
      await app.inject({ method: 'POST', url: '/?status=503' });
      expect(release).not.toHaveBeenCalled();
    });
  });

  describe('a body', () => {
    const post = async (payload: string | Buffer, type?: string): Promise<LightMyRequestResponse> =>
      app.inject({
        method: 'POST',
        url: '/?status=200',
        payload,
        ...(type === undefined ? {} : { headers: { 'content-type': type } }),
      });

    it.each([
      undefined,
      'application/json',
      'application/json; charset=utf-8',
      'text/plain',
      'x',
      '',
      ' ;',
      'a/b c',
      'a/b;=;;',
    ])('is read as JSON under Content-Type %j, its bytes kept', async (type) => {
      const answer = await post('{ "a":1}', type);
      expect(answer.json()).toEqual({ parsed: { a: 1 }, raw: '{ "a":1}' });
    });

    it.each([
      ['{', 'request body is not valid JSON'],
      ['{"a":1}x', 'request body is not valid JSON'],
      ["{'a':1}", 'request body is not valid JSON'],
      [' ', 'request body is not valid JSON'],
      ['\ufeff{}', 'request body is not valid JSON'],
      [Buffer.from([0x22, 0xff, 0x22]), 'request body is not valid UTF-8'],
      [Buffer.from([0xed, 0xa0, 0x80]), 'request body is not valid UTF-8'],
    ])('%j is refused: %s', async (payload, message) => {
      const answer = await post(payload, 'application/json');
      expect(answer.json()).toMatchObject({ message });
    });

    it('that is empty counts as none', async () => {
      expect((await post('', 'application/json')).json()).toMatchObject({ parsed: null });
    });
  });

  it('marks every answer as not to be stored', async () => {
    for (const url of ['/?status=200', '/?status=500', '/nowhere']) {
      expect((await app.inject({ method: 'POST', url })).headers['cache-control']).toBe('no-store');
    }
  });
});
