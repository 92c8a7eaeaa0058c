import { mongo } from 'mongoose';
import { refusedAsDuplicates } from './unordered-writes';

interface Failure {
  readonly index: number;
  readonly code: number;
  readonly errmsg: string;
}

const REFUSED: Failure = { index: 1, code: 11000, errmsg: 'E11000 duplicate key error' };

/** As the driver ends a bulk write in which operations failed. */
function failed(writeErrors: readonly Failure[], unconfirmed?: { code: number; errmsg: string }) {
  const result = { getWriteConcernError: () => unconfirmed } as unknown as mongo.BulkWriteResult;
  const error = { message: 'failed', code: writeErrors[0]?.code ?? 0, writeErrors: writeErrors as never };
  return new mongo.MongoBulkWriteError(error, result);
}

const outcome = (error: Error) => refusedAsDuplicates(() => Promise.reject(error)).catch((thrown: unknown) => thrown);

describe('refusedAsDuplicates', () => {
  it('names nothing when all was written', async () => {
    expect(await refusedAsDuplicates(() => Promise.resolve())).toStrictEqual([]);
  });

  it('names the operations that a unique index refused', async () => {
    expect(await outcome(failed([REFUSED, { ...REFUSED, index: 7 }]))).toStrictEqual([1, 7]);
  });

  it('lets no refusal hide another failure, whose document stays out of the error', async () => {
    const other = { index: 2, code: 121, errmsg: 'Document failed validation', op: { ip: '192.0.2.1' } };
    const error = await outcome(failed([REFUSED, other]));
    expect(error).toMatchObject({ code: 121, message: 'Document failed validation' });
    expect(JSON.stringify(error)).not.toContain('192.0.2.1');
  });

  it('answers unavailable when the majority did not confirm, refusals or not', async () => {
    const unconfirmed = { code: 100, errmsg: 'not enough data-bearing nodes' };
    for (const writeErrors of [[], [REFUSED]]) {
      expect(await outcome(failed(writeErrors, unconfirmed))).toMatchObject({ code: 'unavailable' });
    }
  });

  it.each([
    ['alone', (cause: Error) => cause],
    ['inside a bulk write', (cause: Error) => new mongo.MongoBulkWriteError(cause as never, failed([]).result)],
  ])('answers unavailable for a lost connection, %s', async (_name, wrap) => {
    const cause = new mongo.MongoNetworkError('read ECONNRESET');
    expect(await outcome(wrap(cause))).toMatchObject({ name: 'TollgateError', code: 'unavailable', cause });
  });
});
