import { useApi } from '../support/each-store';
import { RawConnection, type RawReply } from '../support/raw-connection';
import { verifyUploadToken } from '../support/upload-tokens';
import {
  BOUNDARY,
  FORM_TYPE,
  type FormPart,
  contentsIn,
  fileForm,
  formBody,
  newUploadToken,
  sha256Of,
  upload,
  uploadHead,
  videoBytes,
} from '../support/uploads';

const MAX_BYTES = 4_194_304;
const MIB = 1_048_576;
const CHUNK = Buffer.alloc(65_536, 'x');
/** Every refusal comes within this, whatever the client does. */
const DEADLINE_MS = 5_000;

const codeOf = ({ status, body }: { readonly status: number; readonly body: string }): string => {
  const { success, code, error } = JSON.parse(body) as Record<string, unknown>;
  expect([success, typeof error]).toEqual([false, 'string']);
  return `${String(status)} ${String(code)}`;
};

/** So many that they fill a chunk: a client that sends them one by one would have no time to read. */
function manyParts(part: FormPart): Buffer {
  return formBody(Array.from({ length: 1_000 }, () => part)).subarray(0, -(BOUNDARY.length + 6));
}

describe('hostile input to an upload', () => {
  const api = useApi(undefined, {
    UPLOAD_MAX_BYTES: String(MAX_BYTES),
    UPLOAD_STALL_TIMEOUT: '1s',
    REQUEST_TIMEOUT: '2s',
    LOG_LEVEL: 'trace',
  });
  let before: readonly string[] = [];
  let beganMs = 0;
  beforeEach(() => {
    before = contentsIn(api().dataDir);
    beganMs = performance.now();
  });
  afterEach(() => {
    expect(performance.now() - beganMs).toBeLessThan(DEADLINE_MS);
  });
  const nothingKept = (): void => {
    expect(contentsIn(api().dataDir)).toEqual(before);
  };

  /** Sends an upload without end, in chunks, until it is answered. */
  const pour = async (head: Buffer, chunk: Buffer = CHUNK, maxBytes = 64 * MIB): Promise<[RawReply, number]> => {
    const connection = await RawConnection.open(api().url);
    const state = { isAnswered: false };
    const reply = connection.reply().finally(() => (state.isAnswered = true));
    await connection.write(uploadHead(await newUploadToken(api().url), 'chunked'));
    const send = async (bytes: Buffer): Promise<boolean> =>
      connection.write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]));
    // An empty chunk would be the end.
    if (head.length > 0) await send(Buffer.from(head));
    let sent = 0;
    while (!state.isAnswered && sent < maxBytes && (await send(chunk))) sent += chunk.length;
    const answer = await reply;
    connection.destroy();
    return [answer, sent];
  };

  const form = (head: string): string => `--${BOUNDARY}\r\n${head}`;
  const FIELD = 'Content-Disposition: form-data; name="a"';
  const FILE = `${FIELD}; filename="a.mp4"`;

  describe('without an end is refused long before it has come', () => {
    it.each([
      ['a part header', form('X-Endless: ')],
      ['a part of header lines', form(''), Buffer.from('X-A: b\r\n'.repeat(8_192))],
      ['a text field of a gigabyte', form(`${FIELD}\r\n\r\n`)],
      ['a field with the name of a prototype', form('Content-Disposition: form-data; name="__proto__"\r\n\r\n')],
      ['what stands before the first part', 'preamble'],
      ['a part that is neither file nor field', form('Content-Type: video/mp4\r\n\r\n')],
      ['10,000 parts', '', manyParts({ content: '' })],
      ['10,000 empty files', '', manyParts({ fileName: 'a.mp4', content: '' })],
      [
        'a second file',
        formBody([{ fileName: 'a.mp4', content: videoBytes() }])
          .toString('latin1')
          .slice(0, -(BOUNDARY.length + 6)) + form(`${FILE}\r\n\r\n`),
      ],
    ])('%s', async (_what, head, chunk = CHUNK) => {
      const [answer, sent] = await pour(Buffer.from(head, 'latin1'), chunk);
      expect(codeOf(answer)).toBe('400 INVALID_MULTIPART');
      expect(sent).toBeLessThan(16 * MIB);
      nothingKept();
    });

    it('a file', async () => {
      const head = Buffer.concat([Buffer.from(form(`${FILE}\r\n\r\n`)), videoBytes()]);
      const [answer, sent] = await pour(head);
      expect(codeOf(answer)).toBe('413 FILE_TOO_LARGE');
      expect(sent).toBeLessThan(MAX_BYTES + 16 * MIB);
      nothingKept();
    });
  });

  it('what stands behind the last part is no part of the file, and has an end', async () => {
    const complete = fileForm();
    const [answer] = await pour(complete);
    expect(codeOf(answer)).toBe('400 INVALID_MULTIPART');
    nothingKept();
  });

  describe('that is no form with one file is refused', () => {
    it.each([
      ['another boundary', fileForm(), `multipart/form-data; boundary=other`, '400 INVALID_MULTIPART'],
      ['no boundary', fileForm(), 'multipart/form-data', '400 INVALID_MULTIPART'],
      ['JSON', Buffer.from('{}'), 'application/json', '400 INVALID_MULTIPART'],
      ['nothing', Buffer.alloc(0), FORM_TYPE, '400 MISSING_FILE'],
      ['no closing delimiter', fileForm().subarray(0, -4), FORM_TYPE, '400 INVALID_MULTIPART'],
      ['no parts', Buffer.from(`--${BOUNDARY}--\r\n`), FORM_TYPE, '400 MISSING_FILE'],
      ['no file', formBody([{ content: 'text' }]), FORM_TYPE, '400 MISSING_FILE'],
      [
        'two files',
        formBody([
          { fileName: 'a.mp4', content: videoBytes() },
          { fileName: 'b.mp4', content: videoBytes() },
        ]),
        FORM_TYPE,
        '400 INVALID_MULTIPART',
      ],
      ['an empty file', fileForm(''), FORM_TYPE, '400 EMPTY_FILE'],
      ['a field too large', formBody([{ content: 'x'.repeat(16_385) }]), FORM_TYPE, '400 INVALID_MULTIPART'],
      ['nine fields', formBody(Array.from({ length: 9 }, () => ({ content: '' }))), FORM_TYPE, '400 INVALID_MULTIPART'],
      [
        'a broken JSON field',
        formBody([{ head: `${FIELD}\r\nContent-Type: application/json`, content: '{' }]),
        FORM_TYPE,
        '400 INVALID_MULTIPART',
      ],
    ])('%s', async (_what, body, type, refusal) => {
      const answer = await upload(api().url, await newUploadToken(api().url), body, { 'content-type': type });
      expect(codeOf({ status: answer.status, body: answer.text })).toBe(refusal);
      nothingKept();
    });
  });

  it.each([
    ['a ZIP', Buffer.from('504b0304140000000800', 'hex')],
    ['HTML', Buffer.from('<!doctype html><script>alert(1)</script>')],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')],
    ['a program', Buffer.from('4d5a90000300000004000000ffff0000', 'hex')],
    ['a shell script', Buffer.from('#!/bin/sh\nrm -rf /')],
    ['a PNG', Buffer.from('89504e470d0a1a0a0000000d4948445200000001000000010806000000', 'hex')],
    ['an MP4 behind HTML', Buffer.concat([Buffer.from('<html>'), videoBytes()])],
    ['a single byte', Buffer.from('x')],
  ])('%s that is named .mp4 is refused by what it is', async (_what, content) => {
    const answer = await upload(api().url, await newUploadToken(api().url), fileForm(content));
    expect(codeOf({ status: answer.status, body: answer.text })).toBe('415 UNSUPPORTED_FILE_TYPE');
    nothingKept();
  });

  it('a polyglot that is honestly a video is stored as one', async () => {
    const content = Buffer.concat([
      videoBytes(),
      Buffer.from('<script>alert(1)</script>'),
      Buffer.from('504b0304', 'hex'),
    ]);
    const answer = await upload(api().url, await newUploadToken(api().url), fileForm(content, 'page.html'));
    expect([answer.status, answer.body['mimeType'], answer.body['sha256']]).toEqual([
      200,
      'video/mp4',
      sha256Of(content),
    ]);
  });

  it.each([
    ['../../../etc/passwd', 'passwd'],
    ['..\\..\\boot.ini', 'boot.ini'],
    ['C:\\clip.mp4', 'clip.mp4'],
    ['/abs.mp4', 'abs.mp4'],
    ['nul\0byte.mp4', 'nulbyte.mp4'],
    ['\u202e4pm.exe', '4pm.exe'],
    ['a\u200b\ufeffb.mp4', 'ab.mp4'],
    ['e\u0301.mp4', '\u00e9.mp4'],
    ['CON.mp4', '_CON.mp4'],
    ['', 'upload.mp4'],
    ['..', 'upload.mp4'],
    [`${'ä'.repeat(300)}.mp4`, `${'ä'.repeat(125)}.mp4`],
  ])('a file named %j is called %j, and no name is a path', async (sent, kept) => {
    const answer = await upload(api().url, await newUploadToken(api().url), fileForm(undefined, sent));
    expect([answer.status, answer.body['filename']]).toEqual([200, kept]);
    expect(contentsIn(api().dataDir).filter((name) => !before.includes(name))).toEqual([answer.string('fileId')]);
  });

  describe('of a wrong length', () => {
    it('too short: what has no end in it is refused', async () => {
      const connection = await RawConnection.open(api().url);
      const body = fileForm();
      await connection.write(
        Buffer.concat([Buffer.from(uploadHead(await newUploadToken(api().url), body.length - 10)), body]),
      );
      expect((await connection.reply()).status).toBe(400);
      await connection.closed;
      nothingKept();
    });

    it('too long: what is not sent is waited for no longer than any client that stalls', async () => {
      const token = await newUploadToken(api().url);
      const connection = await RawConnection.open(api().url);
      const body = fileForm();
      await connection.write(Buffer.concat([Buffer.from(uploadHead(token, body.length + 10)), body]));
      expect(codeOf(await connection.reply())).toBe('408 UPLOAD_TOO_SLOW');
      nothingKept();
      expect((await verifyUploadToken(api().url, token)).status).toBe(200);
      connection.destroy();
    });
  });

  it('a slow loris is cut, in the head and in the body', async () => {
    const [head, body] = await Promise.all([RawConnection.open(api().url), RawConnection.open(api().url)]);
    const inHead = uploadHead(await newUploadToken(api().url), 1_000).slice(0, -2);
    await body.write(uploadHead(await newUploadToken(api().url), 1_000));
    await head.write(inHead);
    const drip = setInterval(() => {
      void head.write('X-A: b\r\n');
      void body.write('-');
    }, 200);
    expect((await body.reply()).status).toBe(408);
    expect((await head.reply()).status).toBe(408);
    clearInterval(drip);
    await Promise.all([head.closed, body.closed]);
    nothingKept();
  });

  it('a file sent before any token is asked for none', async () => {
    const body = formBody([
      { fileName: 'clip.mp4', content: videoBytes() },
      { name: 'token', content: await newUploadToken(api().url) },
    ]);
    const answer = await upload(api().url, undefined, body);
    expect(codeOf({ status: answer.status, body: answer.text })).toBe('401 MISSING_UPLOAD_TOKEN');
    nothingKept();
  });

  it('is survived, all of it, without a single fault in the log', async () => {
    expect((await upload(api().url, await newUploadToken(api().url))).status).toBe(200);
    expect(api().output()).not.toMatch(/"level":(?:50|60)/);
  });
});
