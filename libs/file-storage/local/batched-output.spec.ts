import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { BatchedOutput, type OutputFile } from './batched-output';
import { BATCH_BYTES, BATCH_CHUNKS } from './limits';
import { SyncSlots } from './sync-slots';

const settle = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A file in memory that records what is done to it, and does each only when let. */
class FakeFile implements OutputFile {
  readonly done: string[] = [];
  readonly #pieces: Buffer[] = [];
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;
  writing = 0;
  mostWriting = 0;
  /** Most bytes that one call takes. */
  appetite = Infinity;
  fault: Error | undefined;

  get content(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  hold(): void {
    this.#gate = new Promise((resolve) => (this.#open = resolve));
  }

  letGo(): void {
    this.#open();
  }

  async writev(chunks: readonly Buffer[]): Promise<{ bytesWritten: number }> {
    this.mostWriting = Math.max(this.mostWriting, ++this.writing);
    await this.#gate;
    this.writing -= 1;
    if (this.fault !== undefined) throw this.fault;
    const taken = Buffer.concat(chunks).subarray(0, this.appetite);
    this.#pieces.push(taken);
    this.done.push('write');
    return { bytesWritten: taken.length };
  }

  async sync(): Promise<void> {
    this.done.push('sync');
  }

  async close(): Promise<void> {
    this.done.push('close');
  }
}

function setUp(): { readonly file: FakeFile; readonly output: BatchedOutput } {
  const file = new FakeFile();
  return { file, output: new BatchedOutput(file, new SyncSlots(2)) };
}

describe('BatchedOutput', () => {
  it('writes every byte in order, however it is split and however little a write takes', async () => {
    const splits = fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(splits, fc.integer({ min: 1_000, max: 700_000 }), async (sizes, appetite) => {
        const { file, output } = setUp();
        file.appetite = appetite;
        const chunks = sizes.map((size) => randomBytes(size));
        for (const chunk of chunks) await output.push(chunk);
        await output.finish();

        expect(file.content.equals(Buffer.concat(chunks))).toBe(true);
        expect(file.mostWriting).toBeLessThanOrEqual(1);
      }),
      { numRuns: 50 },
    );
  });

  it('takes one batch while another is written, and then no more until that is done', async () => {
    const { file, output } = setUp();
    file.hold();
    const half = Buffer.alloc(BATCH_BYTES / 2);
    for (let count = 0; count < 3; count += 1) await output.push(half);
    let taken = false;
    const fourth = output.push(half).then(() => (taken = true));
    await settle();
    expect(taken).toBe(false);

    file.letGo();
    await fourth;
    await output.finish();
    expect(file.content).toHaveLength(2 * BATCH_BYTES);
  });

  it('does not gather tiny chunks without end', async () => {
    const { file, output } = setUp();

    for (let count = 0; count < BATCH_CHUNKS; count += 1) await output.push(Buffer.from('x'));
    await settle();

    expect(file.content).toHaveLength(BATCH_CHUNKS);
  });

  it('has everything synced at the end, after the last write', async () => {
    const { file, output } = setUp();
    await output.push(Buffer.from('few bytes'));
    await output.finish();

    expect(file.done).toStrictEqual(['write', 'sync']);
  });

  it('tells a write that failed to whoever comes next, and at the end', async () => {
    const { file, output } = setUp();
    file.fault = new Error('disk on fire');
    await output.push(Buffer.alloc(BATCH_BYTES));
    await settle();

    await expect(output.push(Buffer.from('more'))).rejects.toThrow('disk on fire');
    await expect(output.finish()).rejects.toThrow('disk on fire');
    expect(file.done).not.toContain('sync');
  });

  it('does not wait for ever on a file that takes no bytes', async () => {
    const { file, output } = setUp();
    file.appetite = 0;
    await output.push(Buffer.from('x'));

    await expect(output.finish()).rejects.toThrow('takes no bytes');
  });
});
