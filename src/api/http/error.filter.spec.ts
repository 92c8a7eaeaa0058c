import { TollgateError } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { FakeClock } from '@tollgate/testing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RefusalRecorder } from '../audit/refusal-recorder.service';
import { storageFull } from '../uploads/upload-refusals';
import { ErrorFilter } from './error.filter';

describe('the log of refusals', () => {
  const warn = jest.fn();
  const reply = { header: jest.fn(), code: () => reply, send: jest.fn() };
  const request = { id: 'r1', routeOptions: {}, raw: { url: '/api/video/upload' } } as unknown as FastifyRequest;
  const filter = new ErrorFilter(
    new FakeClock(),
    { warn } as Partial<Log> as Log,
    { recordAuthentication: jest.fn() } as Partial<RefusalRecorder> as RefusalRecorder,
  );
  const answer = (error: Error): void => {
    filter.answer(error, request, reply as unknown as FastifyReply);
  };
  beforeEach(() => {
    warn.mockReset();
  });

  it('has one line, without a stack, of a hundred uploads that a full disk refuses', () => {
    for (let count = 0; count < 100; count += 1) answer(storageFull());
    expect(warn.mock.calls).toEqual([[{ status: 507, reqId: 'r1' }, storageFull().message]]);
    expect(reply.send).toHaveBeenCalledTimes(100);
  });

  it('has each that something has caused, with its stack', () => {
    const error = new TollgateError('unavailable', 'the store is away', { cause: new Error('ECONNREFUSED') });
    for (let count = 0; count < 2; count += 1) answer(error);
    expect(warn.mock.calls).toEqual(Array(2).fill([{ err: error, reqId: 'r1' }, 'the store is away']));
  });

  it('has nothing of what a client did wrong', () => {
    answer(new TollgateError('invalid_request', 'no'));
    expect(warn).not.toHaveBeenCalled();
  });
});
