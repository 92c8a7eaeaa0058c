import { buildAuditRecord } from '@tollgate/testing';
import type { CommittedBatch } from '../commands/batch-executor';
import type { WriteCommand } from '../commands/command';
import { SQLITE_LIMITS } from '../limits';
import { toAuditRow } from '../rows/audit-row';
import type { BatchRunner } from './batch-runner';
import { GroupCommitWriter } from './group-commit-writer';

/** Holds every batch until the case lets it end. */
class HeldRunner implements BatchRunner {
  readonly sizes: number[] = [];
  private readonly held: { commit: () => void; fail: () => void }[] = [];

  async run(commands: readonly WriteCommand[]): Promise<CommittedBatch> {
    this.sizes.push(commands.length);
    return new Promise((resolve, reject) => {
      this.held.push({
        commit: () => {
          const outcomes = commands.map(() => ({ kind: 'done', result: null }) as const);
          const changes = [{ kind: 'account', accountId: 'acc_1' } as const];
          resolve({ outcomes, logged: { changes, firstSeq: 1, lastSeq: 1 } });
        },
        fail: () => {
          reject(new Error('disk I/O error'));
        },
      });
    });
  }

  commitNext(): void {
    this.held.shift()?.commit();
  }

  failNext(): void {
    this.held.shift()?.fail();
  }

  async close(): Promise<void> {
    // Nothing to close.
  }
}

const append = (): WriteCommand => ({
  verb: 'audit.append',
  input: { record: toAuditRow(buildAuditRecord({ accountId: 'acc_1' })) },
});
const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('GroupCommitWriter', () => {
  let runner: HeldRunner;
  let events: string[];
  let writer: GroupCommitWriter;

  beforeEach(() => {
    runner = new HeldRunner();
    events = [];
    writer = new GroupCommitWriter(runner, () => events.push('told'));
  });

  const submit = (name: string): Promise<unknown> =>
    writer.submit(append()).then(
      () => events.push(name),
      (error: unknown) => events.push(`${name} refused`) && error,
    );

  it('puts what one turn of the event loop submits into one batch', async () => {
    const writes = ['a', 'b', 'c'].map(submit);
    await turn();
    expect(runner.sizes).toStrictEqual([3]);

    runner.commitNext();
    await Promise.all(writes);
  });

  it('tells of the changes after the commit and before any acknowledgement', async () => {
    const writes = ['a', 'b'].map(submit);
    await turn();
    expect(events).toStrictEqual([]);

    runner.commitNext();
    await Promise.all(writes);
    expect(events).toStrictEqual(['told', 'a', 'b']);
  });

  it('collects all that comes while the writer is busy, in bounded batches', async () => {
    const { batchCommands, batchesInFlight } = SQLITE_LIMITS;
    const writes: Promise<unknown>[] = [];
    for (let batch = 0; batch < batchesInFlight; batch++) {
      writes.push(submit('early'));
      await turn();
    }
    for (let count = 0; count < batchCommands + 1; count++) writes.push(submit('late'));
    await turn();
    expect(runner.sizes).toStrictEqual(Array.from({ length: batchesInFlight }, () => 1));

    for (let batch = 0; batch < batchesInFlight + 2; batch++) {
      runner.commitNext();
      await turn();
    }
    await Promise.all(writes);
    expect(runner.sizes.slice(batchesInFlight)).toStrictEqual([batchCommands, 1]);
  });

  it('refuses the write that is one too many as unavailable, and takes writes again later', async () => {
    const writes = Array.from({ length: SQLITE_LIMITS.queuedCommands }, () => submit('queued'));

    await expect(writer.submit(append())).rejects.toMatchObject({ name: 'TollgateError', code: 'unavailable' });

    await turn();
    writes.push(submit('later'));
    while (events.length === 0 || !events.includes('later')) {
      runner.commitNext();
      await turn();
    }
    await Promise.all(writes);
    expect(events.filter((event) => event.endsWith('refused'))).toStrictEqual([]);
  });

  it('refuses every write of a batch that failed, tells of no change, and goes on', async () => {
    const failed = ['a', 'b'].map(submit);
    await turn();
    runner.failNext();
    for (const outcome of await Promise.all(failed)) {
      expect(outcome).toMatchObject({ code: 'unavailable', message: 'the record store is unavailable' });
    }
    expect(events).toStrictEqual(['a refused', 'b refused']);

    const next = submit('c');
    await turn();
    runner.commitNext();
    await next;
    expect(events.slice(2)).toStrictEqual(['told', 'c']);
  });

  it('finishes what waits before it stops, and takes nothing more', async () => {
    const write = submit('a');
    let stopped = false;
    const stopping = writer.stop().then(() => (stopped = true));
    await expect(writer.submit(append())).rejects.toMatchObject({ code: 'unavailable' });
    await turn();
    expect(stopped).toBe(false);

    runner.commitNext();
    await Promise.all([write, stopping]);
    expect(events).toStrictEqual(['told', 'a']);
    await writer.stop();
  });
});
