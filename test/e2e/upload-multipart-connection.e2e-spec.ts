import { type ApiProcess, startApi } from '../support/api-process';
import { describeOnEachStore, useApi } from '../support/each-store';
import { eventually } from '../support/eventually';
import { callWithBearer } from '../support/hmac-client';
import { RawConnection, type RawReply } from '../support/raw-connection';
import { issueUploadToken, uploadRefusal, verifyUploadToken } from '../support/upload-tokens';
import { contentsIn, fileForm, newUploadToken, upload, uploadHead, videoBytes } from '../support/uploads';

const codeOf = ({ status, body }: RawReply): string => {
  const { code } = JSON.parse(body) as { code?: unknown };
  return `${String(status)} ${String(code)}`;
};
const HEALTH = 'GET /health HTTP/1.1\r\nHost: api\r\n\r\n';
const MIB = 1_048_576;

describe('the connection of an upload that is refused before its body is read', () => {
  const api = useApi(undefined, { UPLOAD_MAX_BYTES: String(10 * MIB), REQUEST_TIMEOUT: '2s' });

  it('stays, when the body is small, and what follows on it is understood', async () => {
    const connection = await RawConnection.open(api().url);
    const body = fileForm(videoBytes(200_000));
    await connection.write(uploadHead('nonsense', body.length));
    const refused = await connection.reply();
    expect(codeOf(refused)).toBe('401 INVALID_UPLOAD_TOKEN');
    expect(refused.head).toMatch(/connection: keep-alive/i);
    await connection.write(body);
    await connection.write(HEALTH);
    expect((await connection.reply()).status).toBe(200);
    const token = await newUploadToken(api().url);
    await connection.write(Buffer.concat([Buffer.from(uploadHead(token, body.length)), body]));
    expect((await connection.reply()).status).toBe(200);
    connection.destroy();
  });

  it('stays, when body and next request came with it in one go', async () => {
    const connection = await RawConnection.open(api().url);
    const body = fileForm(videoBytes(100_000));
    await connection.write(
      Buffer.concat([Buffer.from(uploadHead('nonsense', body.length)), body, Buffer.from(HEALTH)]),
    );
    expect(codeOf(await connection.reply())).toBe('401 INVALID_UPLOAD_TOKEN');
    expect((await connection.reply()).status).toBe(200);
    connection.destroy();
  });

  it('does not stay for ever for a small body that does not come', async () => {
    const connection = await RawConnection.open(api().url);
    await connection.write(uploadHead('nonsense', 1_000));
    expect((await connection.reply()).status).toBe(401);
    const began = performance.now();
    await connection.closed;
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it.each([['announced', 8 * MIB] as const, ['in chunks', 'chunked'] as const])(
    'ends, when the body is large (%s), but not before the answer has arrived',
    async (_how, length) => {
      const connection = await RawConnection.open(api().url);
      const sending = (async () => {
        await connection.write(uploadHead('nonsense', length));
        const chunk = Buffer.alloc(65_536, 'x');
        for (let sent = 0; sent < 8 * MIB; sent += chunk.length) {
          const bytes =
            length === 'chunked' ? Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]) : chunk;
          if (!(await connection.write(bytes))) return;
        }
      })();
      const refused = await connection.reply();
      expect(codeOf(refused)).toBe('401 INVALID_UPLOAD_TOKEN');
      expect(refused.head).toMatch(/connection: close/i);
      await connection.closed;
      await sending;
    },
  );

  it('ends at once when the client ends it', async () => {
    const connection = await RawConnection.open(api().url);
    await connection.write(uploadHead('nonsense', 8 * MIB));
    await connection.reply();
    const began = performance.now();
    connection.end();
    await connection.closed;
    expect(performance.now() - began).toBeLessThan(1_500);
  });
});

describe('a client that asks before it sends', () => {
  const api = useApi(undefined, { UPLOAD_MAX_BYTES: String(10 * MIB) });
  const EXPECT = 'Expect: 100-continue';

  it('is invited when everything is right, and only then sends', async () => {
    const connection = await RawConnection.open(api().url);
    const body = fileForm(videoBytes(500_000));
    await connection.write(uploadHead(await newUploadToken(api().url), body.length, EXPECT));
    expect((await connection.reply()).head).toBe('HTTP/1.1 100 Continue');
    await connection.write(body);
    expect((await connection.reply()).status).toBe(200);
    connection.destroy();
  });

  it.each([
    ['a wrong token', async () => 'nonsense', 100_000, '401 INVALID_UPLOAD_TOKEN'],
    ['too large a file', async () => newUploadToken(api().url), 50 * MIB, '413 FILE_TOO_LARGE'],
    ['a token for less', async () => newUploadToken(api().url, { maxSize: 10 }), 2 * MIB, '413 FILE_TOO_LARGE'],
  ])('is refused in place of an invitation for %s', async (_what, token, length, refusal) => {
    const connection = await RawConnection.open(api().url);
    await connection.write(uploadHead(await token(), length, EXPECT));
    const answer = await connection.reply();
    expect(codeOf(answer)).toBe(refusal);
    expect(answer.head).toMatch(/connection: close/i);
    connection.destroy();
  });

  it('is invited at once everywhere else', async () => {
    const connection = await RawConnection.open(api().url);
    const body = JSON.stringify({ token: 'x' });
    await connection.write(
      `POST /api/video/auth/verify-token HTTP/1.1\r\nHost: api\r\n${EXPECT}\r\nContent-Length: ${String(body.length)}\r\n\r\n`,
    );
    expect((await connection.reply()).head).toBe('HTTP/1.1 100 Continue');
    await connection.write(body);
    expect(codeOf(await connection.reply())).toBe('401 INVALID_UPLOAD_TOKEN');
    connection.destroy();
  });
});

describeOnEachStore('an upload that comes to no end', (start) => {
  const api = useApi(start, { UPLOAD_STALL_TIMEOUT: '1s', UPLOAD_MIN_RATE: '1000', REQUEST_TIMEOUT: '1s' });

  it('is cut when it brings too little, and its token works again', async () => {
    const token = await newUploadToken(api().url);
    const body = fileForm(videoBytes(MIB));
    const connection = await RawConnection.open(api().url);
    await connection.write(uploadHead(token, body.length));
    await connection.write(body.subarray(0, 500_000));
    const began = performance.now();
    const dripping = setInterval(() => void connection.write('x'), 100);
    const answer = await connection.reply();
    clearInterval(dripping);
    expect(codeOf(answer)).toBe('408 UPLOAD_TOO_SLOW');
    expect(performance.now() - began).toBeLessThan(5_000);
    expect((await upload(api().url, token)).status).toBe(200);
    connection.destroy();
  });

  it('may take longer than any other request, when it keeps its pace', async () => {
    const body = fileForm(videoBytes(60_000));
    const connection = await RawConnection.open(api().url);
    await connection.write(uploadHead(await newUploadToken(api().url), body.length));
    for (let sent = 0; sent < body.length; sent += 2_000) {
      await connection.write(body.subarray(sent, sent + 2_000));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect((await connection.reply()).status).toBe(200);
    connection.destroy();
  });

  describe('that was stored before', () => {
    const NAME = 'Idempotency-Key: one';
    const stored = async (): Promise<[string, Buffer]> => {
      const token = await newUploadToken(api().url);
      const body = fileForm(videoBytes(60_000));
      expect((await upload(api().url, token, body, { 'idempotency-key': 'one' })).status).toBe(200);
      return [token, body];
    };

    it('may take as long, when it keeps its pace, and comes in once at a time', async () => {
      const [token, body] = await stored();
      const connection = await RawConnection.open(api().url);
      await connection.write(uploadHead(token, body.length, NAME));
      const codes = new Set<string>();
      for (let sent = 0; sent < body.length; sent += 2_000) {
        await connection.write(body.subarray(sent, sent + 2_000));
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (sent % 20_000 > 0 || sent > 50_000) continue;
        const other = await upload(api().url, token, body, { 'idempotency-key': 'one' });
        codes.add(`${uploadRefusal(other)} ${String(other.headers['retry-after'])}`);
      }
      const answer = await connection.reply();
      expect([answer.status, /idempotent-replayed: true/i.test(answer.head)]).toEqual([200, true]);
      expect([...codes]).toEqual(['423 UPLOAD_BUSY 5']);
      connection.destroy();
    });

    it('is cut when it brings too little, and when it brings more than was stored', async () => {
      const [token, body] = await stored();
      const slow = await RawConnection.open(api().url);
      await slow.write(uploadHead(token, body.length, NAME));
      expect(codeOf(await slow.reply())).toBe('408 UPLOAD_TOO_SLOW');
      slow.destroy();
      const endless = await RawConnection.open(api().url);
      await endless.write(uploadHead(token, 'chunked', NAME));
      const answered = endless.reply();
      const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 'x'), Buffer.from('\r\n')]);
      let sent = 0;
      while (sent < 64 * MIB && (await endless.write(chunk))) sent += chunk.length;
      expect(codeOf(await answered)).toBe('401 TOKEN_ALREADY_USED');
      expect(sent).toBeLessThan(16 * MIB);
      await endless.closed;
    });
  });

  it('is noticed when its client goes away, and its token works again', async () => {
    const token = await newUploadToken(api().url);
    const before = contentsIn(api().dataDir);
    const body = fileForm(videoBytes(MIB));
    const connection = await RawConnection.open(api().url);
    await connection.write(uploadHead(token, body.length));
    await connection.write(body.subarray(0, 500_000));
    await eventually(3_000, async () => {
      expect(contentsIn(api().dataDir).length).toBe(before.length + 1);
      expect(uploadRefusal(await verifyUploadToken(api().url, token))).toBe('401 TOKEN_ALREADY_USED');
    });
    connection.destroy();
    await eventually(2_000, async () => {
      expect((await verifyUploadToken(api().url, token)).status).toBe(200);
      expect(contentsIn(api().dataDir)).toEqual(before);
    });
  });

  it('spends its token when that happens too often', async () => {
    const token = await newUploadToken(api().url);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const connection = await RawConnection.open(api().url);
      await connection.write(uploadHead(token, 10_000));
      await eventually(2_000, async () => {
        expect((await verifyUploadToken(api().url, token)).status).toBe(401);
      });
      connection.destroy();
      if (attempt === 4) break;
      await eventually(2_000, async () => {
        expect((await verifyUploadToken(api().url, token)).status).toBe(200);
      });
    }
    await eventually(2_000, async () => {
      const answer = await upload(api().url, token);
      expect([uploadRefusal(answer), answer.headers['retry-after']]).toEqual(['401 TOKEN_ALREADY_USED', undefined]);
    });
  });

  it('is cut soon after its token is revoked', async () => {
    const issued = await issueUploadToken(api().url);
    const connection = await RawConnection.open(api().url);
    await connection.write(uploadHead(issued.string('token'), MIB));
    const body = fileForm(videoBytes(MIB)).subarray(0, 500_000);
    await eventually(2_000, async () => {
      expect((await verifyUploadToken(api().url, issued.string('token'))).status).toBe(401);
    });
    const sending = (async () => {
      for (let sent = 0; sent < body.length; sent += 2_000) {
        if (!(await connection.write(body.subarray(sent, sent + 2_000)))) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    await callWithBearer(
      api().url,
      api().operatorKey,
      'DELETE',
      `/api/v2/admin/upload-tokens/${issued.string('tokenId')}`,
    );
    expect(codeOf(await connection.reply())).toBe('401 INVALID_UPLOAD_TOKEN');
    connection.destroy();
    await sending;
  });
});

describe('a request under /api/video/ that breaks off HTTP', () => {
  const api = useApi(undefined, { REQUEST_TIMEOUT: '1s' });
  const HEAD = 'POST /api/video/auth/verify-token HTTP/1.1\r\nHost: api\r\n';

  it.each([
    ['a body in time', `${HEAD}Content-Length: 10\r\n\r\n`, '408 REQUEST_TIMEOUT'],
    ['chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, '400 INVALID_REQUEST'],
    ['a head', `${HEAD}no header\r\n\r\n`, '400 400'],
    ['a head that has an end', `${HEAD}X-A: ${'x'.repeat(100_000)}`, '431 431'],
  ])('is answered in the form of uploads once its head was read: without %s', async (_what, bytes, code) => {
    const connection = await RawConnection.open(api().url);
    await connection.write(bytes);
    expect(codeOf(await connection.reply())).toBe(code);
    await connection.closed;
  });
});

describe('while uploads run', () => {
  const begin = async (api: ApiProcess, token: string, body: Buffer): Promise<RawConnection> => {
    const connection = await RawConnection.open(api.url);
    await connection.write(uploadHead(token, body.length));
    await connection.write(body.subarray(0, body.length / 2));
    await eventually(3_000, async () => {
      expect((await verifyUploadToken(api.url, token)).status).toBe(401);
    });
    return connection;
  };

  it('no more are taken than may run at a time, and the others may come again', async () => {
    const api = await startApi({ env: { UPLOAD_MAX_CONCURRENT: '1' } });
    const body = fileForm(videoBytes(300_000));
    const running = await begin(api, await newUploadToken(api.url), body);
    const token = await newUploadToken(api.url);
    const refused = await upload(api.url, token);
    expect([uploadRefusal(refused), refused.headers['retry-after']]).toEqual(['503 TOO_MANY_UPLOADS', '5']);
    await running.write(body.subarray(body.length / 2));
    expect((await running.reply()).status).toBe(200);
    expect((await upload(api.url, token)).status).toBe(200);
    await api.stop();
  });

  it('a stop waits for them', async () => {
    const api = await startApi();
    const body = fileForm(videoBytes(300_000));
    const running = await begin(api, await newUploadToken(api.url), body);
    const exit = api.stop();
    await running.write(body.subarray(body.length / 2));
    expect((await running.reply()).status).toBe(200);
    expect(await exit).toBe(0);
  });

  it('a stop cuts them at its deadline, leaves nothing of them, and their tokens work again', async () => {
    const first = await startApi({ env: { SHUTDOWN_TIMEOUT: '1s' } });
    const { dataDir } = first;
    const again = await startApi({ dataDir });
    const token = await newUploadToken(first.url);
    const running = await begin(first, token, fileForm(videoBytes(300_000)));
    expect(contentsIn(dataDir)).toHaveLength(1);
    process.kill(first.pid, 'SIGTERM');
    await running.closed;
    await eventually(3_000, async () => {
      expect((await verifyUploadToken(again.url, token)).status).toBe(200);
      expect(contentsIn(dataDir)).toEqual([]);
    });
    expect((await upload(again.url, token)).status).toBe(200);
    await again.stop();
    expect(await first.stop()).toBe(0);
  });
});
