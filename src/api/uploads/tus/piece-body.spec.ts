import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { TYPE_BYTES } from '../content-type';
import { UploadError } from '../upload-error';
import { BrokenOffError } from '../upload-form';
import { PieceBody, type PieceRules } from './piece-body';

const ANYTHING: PieceRules = { room: 1_000_000, before: Buffer.alloc(0), checkType: () => Promise.resolve() };

describe('PieceBody', () => {
  let raw: PassThrough;
  let body: PieceBody;
  beforeEach(() => {
    raw = new PassThrough();
    body = new PieceBody(raw as unknown as IncomingMessage);
  });

  async function read(rules: Partial<PieceRules> = {}, signal = new AbortController().signal): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of body.chunks({ ...ANYTHING, ...rules }, signal)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  it('hands over everything, small or large, and counts it', async () => {
    const content = Buffer.alloc(100_000, 'x');
    raw.write(content.subarray(0, 10));
    raw.end(content.subarray(10));
    expect(await read()).toEqual(content);
    expect(body.failure).toBeUndefined();
    expect([body.takeReceived(), body.takeReceived()]).toEqual([100_000, 0]);
  });

  it('hands over what came before the client went away', async () => {
    const reading = read();
    raw.write('abc');
    await new Promise(setImmediate);
    raw.destroy();
    expect((await reading).toString()).toBe('abc');
    expect(body.failure).toBeInstanceOf(BrokenOffError);
  });

  it('ends when it is told to, with the reason, and leaves the rest to be read', async () => {
    const stop = new AbortController();
    const reading = read({}, stop.signal);
    raw.write(Buffer.alloc(TYPE_BYTES));
    await new Promise(setImmediate);
    const reason = new UploadError('UPLOAD_TOO_SLOW', 'too slow');
    stop.abort(reason);
    expect(await reading).toHaveLength(TYPE_BYTES);
    expect(body.failure).toBe(reason);
    const rest: Buffer[] = [];
    raw.on('data', (chunk: Buffer) => rest.push(chunk)).resume();
    raw.end('the rest');
    await new Promise(setImmediate);
    expect(Buffer.concat(rest).toString()).toBe('the rest');
  });

  it('hands nothing over of a wrong type, however small the chunks it comes in', async () => {
    const refusal = new UploadError('UNSUPPORTED_FILE_TYPE', 'no');
    const heads: Buffer[] = [];
    const checkType = (head: Buffer): Promise<void> => {
      heads.push(head);
      return Promise.reject(refusal);
    };
    const reading = read({ before: Buffer.from('before'), checkType });
    for (let index = 0; index < 50; index += 1) raw.write(Buffer.alloc(100, 'x'));
    raw.end();
    expect(await reading).toHaveLength(0);
    expect(body.failure).toBe(refusal);
    expect(heads.map(({ length }) => length)).toEqual([TYPE_BYTES]);
    expect(heads[0]?.subarray(0, 7).toString()).toBe('beforex');
  });

  it('asks for no type where it brings too little to tell, and hands that over', async () => {
    const checkType = jest.fn(() => Promise.resolve());
    raw.end('abc');
    expect((await read({ checkType })).toString()).toBe('abc');
    expect(checkType).not.toHaveBeenCalled();
  });

  it('refuses the first byte that there is no room for', async () => {
    raw.end(Buffer.alloc(11));
    expect(await read({ room: 10, before: Buffer.alloc(TYPE_BYTES) })).toHaveLength(0);
    expect(body.failure).toMatchObject({ uploadCode: 'FILE_TOO_LARGE' });
  });
});
