import { type LockState, UploadLocks } from '@tollgate/domain';
import { UploadTurns } from './upload-turns';

/** One lock in memory. */
class OneLock extends UploadLocks {
  holder: string | undefined;
  isWanted = false;

  override tryLock(_id: string, holder: string): Promise<boolean> {
    if (this.holder === undefined) this.holder = holder;
    else if (this.holder !== holder) this.isWanted = true;
    return Promise.resolve(this.holder === holder);
  }

  override renew(_id: string, holder: string): Promise<LockState> {
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
});
