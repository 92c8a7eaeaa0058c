import { DuplicateError, TollgateError } from '@tollgate/domain';
import { mongo } from 'mongoose';
import { onStore } from './store-errors';

const failWith = (error: Error): Promise<unknown> => onStore(() => Promise.reject(error)).catch((e: unknown) => e);

function duplicate(fields: Record<string, unknown>): mongo.MongoServerError {
  return new mongo.MongoServerError({ code: 11000, message: 'E11000 duplicate key error', ...fields });
}

describe('onStore', () => {
  it.each([
    ['access_key', { keyPattern: { access_key: 1 } }],
    ['id', { keyPattern: { _id: 1 } }],
    ['id', { keyPattern: { token_id: 1 } }],
    ['email', { message: 'E11000 duplicate key error collection: d.accounts index: email_1 dup key: { email: "a" }' }],
    ['token', { message: 'E11000 duplicate key error collection: d.tokens index: token_1 dup key: { : BinData(0) }' }],
    ['id', { message: 'E11000 duplicate key error collection: d.tokens index: token_id_1 dup key: { : "t" }' }],
    ['id', { message: 'E11000 duplicate key error index: d.accounts.$_id_ dup key: { : "x" }' }],
    ['unknown', { message: 'E11000 duplicate key error' }],
  ])('names the field %s of a duplicate from %j', async (field, fields) => {
    const error = await failWith(duplicate(fields));
    expect(error).toBeInstanceOf(DuplicateError);
    expect(error).toMatchObject({ field });
  });

  it('keeps the value of a duplicate out of its error', async () => {
    const error = await failWith(duplicate({ keyPattern: { email: 1 }, keyValue: { email: 'who@example.com' } }));
    expect(JSON.stringify(error) + String(error)).not.toContain('who@');
    expect((error as Error).cause).toBeUndefined();
  });

  it.each([
    ['a lost connection', new mongo.MongoNetworkError('read ECONNRESET')],
    ['a primary that steps down', new mongo.MongoServerError({ code: 10107, message: 'not primary' })],
    ['a shutdown', new mongo.MongoServerError({ code: 11600, message: 'interrupted at shutdown' })],
    [
      'a command before the connection',
      Object.assign(new Error('before initial connection'), { name: 'MongooseError' }),
    ],
  ])('answers unavailable for %s, its cause kept for the log', async (_name, cause) => {
    const error = await failWith(cause);
    expect(error).toBeInstanceOf(TollgateError);
    expect(error).toMatchObject({ code: 'unavailable', message: 'record store unavailable', cause });
  });

  it('passes on what is a fault of ours', async () => {
    const fault = new mongo.MongoServerError({ code: 9, message: 'unknown operator' });
    expect(await failWith(fault)).toBe(fault);
  });
});
