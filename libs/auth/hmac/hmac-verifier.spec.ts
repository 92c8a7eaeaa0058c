import { createHmac } from 'node:crypto';
import { ReplayRepository, type TollgateError } from '@tollgate/domain';
import { FakeClock, TEST_EPOCH_MS } from '@tollgate/testing';
import { type HmacPolicy, type HmacRequest, HmacVerifier } from './hmac-verifier';
import { type SigningCredential, SigningCredentialSource } from './signing-credential-source';

const TOLERANCE_MS = 900_000;
const SECRET = 'SK_secret';

class Credentials extends SigningCredentialSource {
  readonly asked: string[] = [];

  constructor(private readonly known: Readonly<Record<string, SigningCredential>>) {
    super();
  }

  override async findByAccessKey(accessKey: string): Promise<SigningCredential | undefined> {
    this.asked.push(accessKey);
    return this.known[accessKey];
  }
}

class Replays extends ReplayRepository {
  readonly taken = new Map<string, Date>();

  override async claim(key: Buffer, now: Date, expiresAt: Date): Promise<boolean> {
    const id = key.toString('hex');
    const until = this.taken.get(id);
    if (until !== undefined && until > now) return false;
    this.taken.set(id, expiresAt);
    return true;
  }

  override async release(key: Buffer): Promise<void> {
    this.taken.delete(key.toString('hex'));
  }

  override async purge(): Promise<number> {
    return 0;
  }
}

describe('HmacVerifier', () => {
  let clock: FakeClock;
  let credentials: Credentials;
  let replays: Replays;

  beforeEach(() => {
    clock = new FakeClock();
    credentials = new Credentials({
      AK_1: { accountId: 'acc_1', status: 'active', secretKey: SECRET },
      AK_2: { accountId: 'acc_2', status: 'suspended', secretKey: SECRET },
    });
    replays = new Replays();
  });

  const verifier = (policy: Partial<HmacPolicy> = {}): HmacVerifier =>
    new HmacVerifier(credentials, replays, clock, {
      toleranceMs: TOLERANCE_MS,
      replayProtection: 'fractional',
      ...policy,
    });

  interface Signing {
    readonly accessKey?: string;
    readonly secretKey?: string;
    /** What is signed as the URI; the whole url by default. */
    readonly uri?: string;
  }

  function signed(request: Partial<HmacRequest> = {}, signing: Signing = {}): HmacRequest {
    const { accessKey = 'AK_1', secretKey = SECRET } = signing;
    const whole = {
      method: 'GET',
      url: '/api/v2/tokens',
      date: new Date(TEST_EPOCH_MS).toISOString(),
      body: Buffer.alloc(0),
      allowUnsignedQuery: true,
      ...request,
    };
    const signature = createHmac('sha256', secretKey)
      .update(`${whole.method}\n${signing.uri ?? whole.url}\n${whole.date ?? ''}\n`)
      .update(whole.body)
      .digest('base64');
    return { authorization: `QINIU ${accessKey}:${signature}`, ...whole, ...request };
  }

  async function refusal(request: HmacRequest, policy: Partial<HmacPolicy> = {}): Promise<string> {
    const error = await verifier(policy)
      .verify(request)
      .then(() => undefined)
      .catch((thrown: unknown) => thrown as TollgateError);
    return error === undefined ? 'accepted' : `${error.code}: ${error.message}`;
  }

  const atOffset = (offsetMs: number): string => new Date(TEST_EPOCH_MS + offsetMs).toISOString();

  describe('forms', () => {
    it('lets a signed request in and says whose it is', async () => {
      const { principal, replayKey } = await verifier().verify(signed());
      expect(principal).toEqual({ kind: 'account', accountId: 'acc_1', via: 'hmac', accessKey: 'AK_1' });
      expect(replayKey).toBeUndefined();
    });

    it('signs the exact bytes of the body', async () => {
      const body = Buffer.from('{ "a" :1}');
      expect(await refusal(signed({ method: 'POST', body }))).toBe('accepted');
      const other = { ...signed({ method: 'POST', body }), body: Buffer.from('{"a":1}') };
      expect(await refusal(other)).toBe('unauthenticated: invalid signature');
    });

    it('names what is missing or malformed, in the order of the contract', async () => {
      const ok = signed();
      const cases: [Partial<HmacRequest>, string][] = [
        [{ authorization: undefined, date: undefined }, 'missing Authorization header'],
        [{ authorization: 'Bearer x', date: undefined }, 'invalid Authorization header'],
        [{ date: undefined }, 'missing X-Qiniu-Date header'],
        [{ date: 'yesterday' }, 'invalid timestamp format'],
      ];
      for (const [change, text] of cases) {
        expect(await refusal({ ...ok, ...change })).toBe(`unauthenticated: ${text}`);
      }
      expect(credentials.asked).toEqual([]);
    });
  });

  describe('order of checks', () => {
    it('judges the time before it looks anybody up', async () => {
      const late = signed({ date: atOffset(-TOLERANCE_MS - 1) }, { accessKey: 'AK_unknown', secretKey: 'wrong' });
      expect(await refusal(late)).toBe('unauthenticated: timestamp expired');
      expect(credentials.asked).toEqual([]);
    });

    it('judges the signature before the suspension', async () => {
      expect(await refusal(signed({}, { accessKey: 'AK_2', secretKey: 'wrong' }))).toBe(
        'unauthenticated: invalid signature',
      );
      expect(await refusal(signed({}, { accessKey: 'AK_2' }))).toBe('account_suspended: account suspended');
    });

    it('spends no signature of a request that it refuses', async () => {
      await refusal(signed({ method: 'POST' }, { secretKey: 'wrong' }));
      await refusal(signed({ method: 'POST' }, { accessKey: 'AK_2' }));
      await refusal(signed({ method: 'POST', date: atOffset(TOLERANCE_MS + 1) }));
      expect(replays.taken.size).toBe(0);
    });

    it('tells an unknown AccessKey and a wrong signature apart to nobody', async () => {
      expect(await refusal(signed({}, { accessKey: 'AK_unknown' }))).toBe(
        await refusal(signed({}, { secretKey: 'wrong' })),
      );
    });
  });

  describe('tolerance', () => {
    it.each([
      [0, 'accepted'],
      [TOLERANCE_MS, 'accepted'],
      [-TOLERANCE_MS, 'accepted'],
      [TOLERANCE_MS + 1, 'unauthenticated: timestamp expired'],
      [-TOLERANCE_MS - 1, 'unauthenticated: timestamp expired'],
    ])('at %d ms from now: %s', async (offsetMs, outcome) => {
      expect(await refusal(signed({ date: atOffset(offsetMs) }))).toBe(outcome);
    });

    it('follows the setting', async () => {
      expect(await refusal(signed({ date: atOffset(1_000) }), { toleranceMs: 1_000 })).toBe('accepted');
      expect(await refusal(signed({ date: atOffset(1_001) }), { toleranceMs: 1_000 })).toMatch(/timestamp expired/);
    });
  });

  describe('query', () => {
    const url = '/api/v2/tokens?limit=5&offset=0';

    it('accepts the path with its query', async () => {
      expect(await refusal(signed({ url }))).toBe('accepted');
      expect(await refusal(signed({ url, allowUnsignedQuery: false }))).toBe('accepted');
    });

    it('accepts the path alone only where that is allowed', async () => {
      const pathOnly = { uri: '/api/v2/tokens' };
      expect(await refusal(signed({ url }, pathOnly))).toBe('accepted');
      expect(await refusal(signed({ url, allowUnsignedQuery: false }, pathOnly))).toMatch(/invalid signature/);
    });

    it('accepts no other query than the one sent', async () => {
      for (const uri of ['/api/v2/tokens?limit=6&offset=0', '/api/v2/tokens?', '/api/v2/tokens?limit=5']) {
        expect(await refusal(signed({ url }, { uri }))).toMatch(/invalid signature/);
      }
    });
  });

  describe('single use', () => {
    const wholeSecond = '2026-01-04T10:00:00Z';

    it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('accepts a signature of %s once', async (method) => {
      const request = signed({ method });
      expect(await refusal(request)).toBe('accepted');
      expect(await refusal(request)).toBe('unauthenticated: request replayed');
    });

    it.each(['GET', 'HEAD'])('lets %s be repeated', async (method) => {
      const request = signed({ method });
      expect(await refusal(request)).toBe('accepted');
      expect(await refusal(request)).toBe('accepted');
      expect(replays.taken.size).toBe(0);
    });

    it('lets whole seconds be repeated, unless strict', async () => {
      const request = signed({ method: 'POST', date: wholeSecond });
      expect(await refusal(request)).toBe('accepted');
      expect(await refusal(request)).toBe('accepted');
      expect(await refusal(request, { replayProtection: 'strict' })).toBe('accepted');
      expect(await refusal(request, { replayProtection: 'strict' })).toMatch(/request replayed/);
    });

    it('takes .0 for a fraction', async () => {
      const request = signed({ method: 'POST', date: '2026-01-04T10:00:00.0Z' });
      expect(await refusal(request)).toBe('accepted');
      expect(await refusal(request)).toMatch(/request replayed/);
    });

    it('is not got round by signing the other spelling of the URI', async () => {
      const url = '/api/v2/tokens/tk_1?x=1';
      const first = signed({ method: 'DELETE', url }, { uri: '/api/v2/tokens/tk_1' });
      expect(await refusal(first)).toBe('accepted');
      expect(await refusal({ ...first, url: '/api/v2/tokens/tk_1?x=2' })).toMatch(/request replayed/);
    });

    it('stays spent to the last instant at which its date is good', async () => {
      const request = signed({ method: 'POST', date: atOffset(TOLERANCE_MS) });
      expect(await refusal(request)).toBe('accepted');
      clock.advance(2 * TOLERANCE_MS);
      expect(await refusal(request)).toBe('unauthenticated: request replayed');
      clock.advance(1);
      expect(await refusal(request)).toBe('unauthenticated: timestamp expired');
    });

    it('can be given back', async () => {
      const request = signed({ method: 'POST' });
      const { replayKey } = await verifier().verify(request);
      if (replayKey === undefined) throw new Error('no key was claimed');
      await replays.release(replayKey);
      expect(await refusal(request)).toBe('accepted');
    });

    it('lets one of many at once through', async () => {
      const request = signed({ method: 'POST' });
      const judge = verifier();
      const outcomes = await Promise.allSettled(Array.from({ length: 50 }, async () => judge.verify(request)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });
  });
});
