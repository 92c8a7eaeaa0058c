import { type MasterKeyRing, SecretSealer } from '@tollgate/auth';
import { AuditRepository, type AuditRecord, type UploadCallback, UploadCallbackRepository } from '@tollgate/domain';
import { FakeClock } from '@tollgate/testing';
import { AuditTrail } from '../../audit/audit-trail.service';
import { CallbackSender, type Delivery } from './callback-sender';
import { signatureHeaders } from './callback-signature';
import { UploadCallbacks } from './upload-callbacks.service';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const RING = { current: () => ({ id: 'k1', key: Buffer.alloc(32, 1) }), find: () => Buffer.alloc(32, 1) };

/** Keeps what is due as the stores do. */
class HeldCallbacks extends UploadCallbackRepository {
  readonly held = new Map<string, UploadCallback>();
  readonly removed: AuditRecord[] = [];

  override claimDue(now: Date, until: Date, limit: number): Promise<readonly UploadCallback[]> {
    const due = [...this.held.values()].filter(({ dueAt }) => dueAt <= now).slice(0, limit);
    for (const callback of due) this.held.set(callback.id, { ...callback, dueAt: until });
    return Promise.resolve(due);
  }

  override postpone(id: string, dueAt: Date): Promise<void> {
    const callback = this.held.get(id);
    if (callback !== undefined) this.held.set(id, { ...callback, dueAt, attempts: callback.attempts + 1 });
    return Promise.resolve();
  }

  override remove(id: string, audit: AuditRecord): Promise<boolean> {
    const isThere = this.held.delete(id);
    if (isThere) this.removed.push(audit);
    return Promise.resolve(isThere);
  }
}

describe('UploadCallbacks', () => {
  const clock = new FakeClock();
  const log = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const sealer = new SecretSealer(RING as unknown as MasterKeyRing);
  let store: HeldCallbacks;
  let send: jest.Mock<Promise<Delivery>, Parameters<CallbackSender['send']>>;
  let callbacks: UploadCallbacks;

  beforeEach(() => {
    store = new HeldCallbacks();
    send = jest.fn<Promise<Delivery>, Parameters<CallbackSender['send']>>();
    const sender = Object.assign(Object.create(CallbackSender.prototype) as CallbackSender, { send });
    const repository = Object.create(AuditRepository.prototype) as AuditRepository;
    callbacks = new UploadCallbacks(store, sender, sealer, new AuditTrail(repository, clock), clock, log);
  });

  function hold(id: string): UploadCallback {
    const { keyId, envelope } = sealer.seal('acc_1', SECRET);
    const callback = {
      id,
      accountId: 'acc_1',
      fileId: 'file_1',
      url: 'https://receiver.example/hook?key=hidden',
      secretKeyId: keyId,
      secretEnvelope: envelope,
      payload: '{"type":"upload.stored"}',
      attempts: 0,
      dueAt: clock.now(),
      createdAt: clock.now(),
    };
    store.held.set(id, callback);
    return callback;
  }

  async function poke(): Promise<void> {
    callbacks.poke();
    await callbacks.settled();
  }

  it('sends what is due, signed with the secret of its token, once', async () => {
    const { id, payload, url } = hold('ucb_1');
    send.mockResolvedValue({ kind: 'answered', status: 200 });
    await poke();
    await poke();
    expect(send).toHaveBeenCalledTimes(1);
    expect(send.mock.calls[0]?.slice(0, 3)).toEqual([
      url,
      payload,
      signatureHeaders(id, payload, SECRET, clock.nowMs()),
    ]);
  });

  it('records a delivery, and of the address only where it leads', async () => {
    hold('ucb_1');
    send.mockResolvedValue({ kind: 'answered', status: 204 });
    await poke();
    expect(store.removed).toMatchObject([
      {
        action: 'upload_callback',
        accountId: 'acc_1',
        resourceId: 'file_1',
        result: 'success',
        requestData: { callback_id: 'ucb_1', origin: 'https://receiver.example', attempts: 1, status: 204 },
      },
    ]);
    expect(JSON.stringify(store.removed)).not.toMatch(/hidden|whsec/);
  });

  it.each<Delivery>([
    { kind: 'answered', status: 500 },
    { kind: 'answered', status: 302 },
    { kind: 'failed', reason: 'no answer in time' },
  ])('tries again after %j, later each time, with the same id, and gives up after ten', async (delivery) => {
    hold('ucb_1');
    send.mockResolvedValue(delivery);
    let waitMs = 0;
    for (let tries = 1; tries <= 9; tries += 1) {
      await poke();
      const { attempts, dueAt } = store.held.get('ucb_1') ?? { attempts: 0, dueAt: clock.now() };
      expect(attempts).toBe(tries);
      expect(dueAt.getTime() - clock.nowMs()).toBeGreaterThan(waitMs);
      waitMs = dueAt.getTime() - clock.nowMs();
      clock.advance(waitMs);
    }
    await poke();
    expect(store.held.size).toBe(0);
    expect(store.removed).toMatchObject([{ result: 'failure', requestData: { attempts: 10 } }]);
    expect(new Set(send.mock.calls.map(([, , headers]) => headers['webhook-id']))).toEqual(new Set(['ucb_1']));
  });

  it('gives up at once when the receiver is gone for good', async () => {
    hold('ucb_1');
    send.mockResolvedValue({ kind: 'answered', status: 410 });
    await poke();
    expect(store.removed).toMatchObject([{ result: 'failure', errorMessage: 'given up: answered with status 410' }]);
  });

  it('delivers everything that is due, however much, and never more than 16 at once', async () => {
    for (let index = 0; index < 50; index += 1) hold(`ucb_${String(index)}`);
    let underWay = 0;
    let most = 0;
    send.mockImplementation(async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise(setImmediate);
      underWay -= 1;
      return { kind: 'answered', status: 200 };
    });
    callbacks.poke();
    while (store.held.size > 0) await new Promise(setImmediate);
    await callbacks.settled();
    expect(send).toHaveBeenCalledTimes(50);
    expect(most).toBe(16);
  });

  it('leaves what it is cut off from, uncounted, for when its claim ends', async () => {
    hold('ucb_1');
    send.mockResolvedValue({ kind: 'cancelled' });
    await poke();
    expect(store.removed).toEqual([]);
    expect(store.held.get('ucb_1')).toMatchObject({ attempts: 0, dueAt: new Date(clock.nowMs() + 60_000) });
  });

  it('claims nothing more once the process is ending', async () => {
    await callbacks.beforeApplicationShutdown();
    hold('ucb_1');
    await poke();
    expect(send).not.toHaveBeenCalled();
  });

  it('says so when the store fails, and goes on the next time', async () => {
    hold('ucb_1');
    send.mockResolvedValue({ kind: 'answered', status: 200 });
    jest.spyOn(store, 'claimDue').mockRejectedValueOnce(new Error('the store is away'));
    await poke();
    expect(log.warn).toHaveBeenCalledTimes(1);
    await poke();
    expect(store.held.size).toBe(0);
  });

  it('counts a secret that does not open as a failure', async () => {
    const callback = hold('ucb_1');
    store.held.set('ucb_1', { ...callback, secretEnvelope: 'v1.k1.broken.broken' });
    await poke();
    expect(send).not.toHaveBeenCalled();
    expect(store.held.get('ucb_1')?.attempts).toBe(1);
  });
});
