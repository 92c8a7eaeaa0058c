import { type LockState, UPLOAD_LOCK_LEASE_MS, UploadLocks } from '@tollgate/domain';
import { UploadTurns } from './upload-turns';

/** One lock in memory. */
class OneLock extends UploadLocks {
  holder: string | undefined;
  isWanted = false;
  /** Whether it can't be renewed, because what it is in does not answer. */
  isUnreachable = false;

  override tryLock(_id: string, holder: string): Promise<boolean> {
    if (this.holder === undefined) this.holder = holder;
    else if (this.holder !== holder) this.isWanted = true;
    return Promise.resolve(this.holder === holder);
  }

  override renew(_id: string, holder: string): Promise<LockState> {
    if (this.isUnreachable) return Promise.reject(new Error('unreachable'));
    if (this.holder !== holder) return Promise.resolve('lost');
    return Promise.resolve(this.isWanted ? 'wanted' : 'held');
  }

  override unlock(_id: string, holder: string): Promise<void> {
    if (this.holder === holder) this.holder = undefined;
    return Promise.resolve();
  }
}

describe('UploadTurns', () => {
  it('ask whoever has the turn to end it when another waits, and let that one in then', async () => {
    const turns = new UploadTurns(new OneLock());
    const first = await turns.take('a');
    const asked = new Promise((resolve) => {
      first.signal.addEventListener('abort', resolve);
    });
    const waiting = turns.take('a');
    await asked;
    expect(first.signal.reason).toMatchObject({ uploadCode: 'UPLOAD_BUSY', status: 423 });
    await first.end();
    await (await waiting).end();
  });

  it('refuse after a while whoever waits for a turn that does not end', async () => {
    const locks = new OneLock();
    const first = await new UploadTurns(locks).take('a');
    await expect(new UploadTurns(locks, 50).take('a')).rejects.toMatchObject({ uploadCode: 'UPLOAD_BUSY' });
    await first.end();
  });

  it('end when the lock is lost', async () => {
    const locks = new OneLock();
    const turn = await new UploadTurns(locks).take('a');
    locks.holder = 'another';
    await new Promise((resolve) => {
      turn.signal.addEventListener('abort', resolve);
    });
    await turn.end();
    expect(locks.holder).toBe('another');
  });

  it('refuse at once whoever waits when a newer request of the same process comes to wait', async () => {
    const turns = new UploadTurns(new OneLock());
    const first = await turns.take('a');
    const second = turns.take('a');
    const third = turns.take('a');
    await expect(second).rejects.toMatchObject({ uploadCode: 'UPLOAD_BUSY' });
    await first.end();
    await (await third).end();
  });

  describe('whose lock can not be renewed', () => {
    beforeEach(() => {
      jest.useFakeTimers();
    });
    afterEach(() => {
      jest.useRealTimers();
    });

    it('end before the lock does, so that there are never two writers', async () => {
      const locks = new OneLock();
      const turn = await new UploadTurns(locks).take('a');
      locks.isUnreachable = true;
      await jest.advanceTimersByTimeAsync(5_000);
      expect(turn.signal.aborted).toBe(false);
      turn.assertHeld();
      await jest.advanceTimersByTimeAsync(UPLOAD_LOCK_LEASE_MS - 5_000 - 1_000);
      expect(turn.signal.reason).toMatchObject({ uploadCode: 'UPLOAD_BUSY' });
      locks.isUnreachable = false;
      await jest.advanceTimersByTimeAsync(5_000);
      expect(() => {
        turn.assertHeld();
      }).toThrow(expect.objectContaining({ uploadCode: 'UPLOAD_BUSY' }) as Error);
      await turn.end();
    });

    it('go on when it can be again in time', async () => {
      const locks = new OneLock();
      const turn = await new UploadTurns(locks).take('a');
      for (let round = 0; round < 3; round += 1) {
        locks.isUnreachable = true;
        await jest.advanceTimersByTimeAsync(5_000);
        locks.isUnreachable = false;
        await jest.advanceTimersByTimeAsync(1_000);
      }
      turn.assertHeld();
      expect(turn.signal.aborted).toBe(false);
      await turn.end();
    });

    it('are asked to end, and keep what they have until then, when another only waits', async () => {
      const locks = new OneLock();
      const turn = await new UploadTurns(locks).take('a');
      locks.isWanted = true;
      await jest.advanceTimersByTimeAsync(1_000);
      expect(turn.signal.aborted).toBe(true);
      turn.assertHeld();
      await turn.end();
    });
  });
});
