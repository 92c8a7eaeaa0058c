import { createLogger } from '@tollgate/observability';
import { type LinkPair, linkPair } from '../../test/support/link-pair';
import { MAX_FAILED_STARTS, MAX_RESTART_MS, MIN_RESTART_MS, STEADY_MS, STOP_MARGIN_MS } from './limits';
import { Supervisor, type SupervisorEnd, type WorkerNews } from './supervisor';

class FakeWorker {
  readonly links: LinkPair<Record<string, never>, WorkerNews> = linkPair();
  readonly link = this.links.primary;
  readonly signals: string[] = [];
  exit: (code: number | undefined) => void = () => undefined;

  constructor(readonly pid: number) {}

  kill(signal: string): void {
    this.signals.push(signal);
  }

  onExit(listener: (code: number | undefined) => void): void {
    this.exit = listener;
  }

  async listens(): Promise<void> {
    const told = this.links.worker.tell('listening', { url: 'http://here' });
    await jest.advanceTimersByTimeAsync(1);
    await told;
  }

  async fails(message: string): Promise<void> {
    const told = this.links.worker.tell('failed', { message });
    await jest.advanceTimersByTimeAsync(1);
    await told;
    this.exit(1);
  }
}

describe('Supervisor', () => {
  let forked: FakeWorker[];
  let urls: string[];
  let supervisor: Supervisor<FakeWorker>;
  let places: number[];
  let end: SupervisorEnd | undefined;

  beforeEach(() => {
    jest.useFakeTimers();
    forked = [];
    places = [];
    urls = [];
    end = undefined;
    supervisor = new Supervisor({
      count: 2,
      shutdownTimeoutMs: 1_000,
      log: createLogger('test', 'silent'),
      fork: (place) => {
        places.push(place);
        const worker = new FakeWorker(forked.length);
        forked.push(worker);
        return worker;
      },
      onListening: (url) => urls.push(url),
    });
    void supervisor.ended.then((value) => (end = value));
    supervisor.start();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const worker = (index: number): FakeWorker => {
    const found = forked[index];
    if (found === undefined) throw new Error(`no worker ${String(index)}`);
    return found;
  };
  const settled = (): Promise<void> => jest.advanceTimersByTimeAsync(0);
  const bothListen = async (): Promise<void> => {
    await worker(0).listens();
    await worker(1).listens();
  };

  it('says that it listens once, when all workers do', async () => {
    await worker(0).listens();
    expect(urls).toEqual([]);
    await worker(1).listens();
    worker(0).exit(1);
    await jest.advanceTimersByTimeAsync(MIN_RESTART_MS);
    await worker(2).listens();
    expect(urls).toEqual(['http://here']);
  });

  it('replaces a worker that ends by itself, whatever its exit code', async () => {
    await bothListen();
    worker(0).exit(undefined);
    await jest.advanceTimersByTimeAsync(MIN_RESTART_MS - 1);
    expect(forked).toHaveLength(2);
    await jest.advanceTimersByTimeAsync(1);
    expect(supervisor.workers).toEqual([worker(1), worker(2)]);
    worker(1).exit(0);
    await jest.advanceTimersByTimeAsync(MIN_RESTART_MS);
    expect(supervisor.workers).toEqual([worker(2), worker(3)]);
    expect(places).toEqual([0, 1, 0, 1]);
  });

  it('takes longer each time for a place that ends soon again, but not for ever, and begins anew after a steady run', async () => {
    await bothListen();
    const delays: number[] = [];
    const restartDelay = async (): Promise<number> => {
      const before = forked.length;
      worker(before - 1).exit(1);
      const from = performance.now();
      while (forked.length === before) await jest.advanceTimersToNextTimerAsync();
      await worker(before).listens();
      return performance.now() - from;
    };
    for (let count = 0; count < 8; count += 1) delays.push(Math.round((await restartDelay()) / 100) * 100);
    expect(delays).toEqual([100, 200, 400, 800, 1_600, 3_200, MAX_RESTART_MS, MAX_RESTART_MS]);
    await jest.advanceTimersByTimeAsync(STEADY_MS);
    expect(Math.round((await restartDelay()) / 100) * 100).toBe(MIN_RESTART_MS);
  });

  it('gives up at the start with the words of the worker that cannot start, and ends the others', async () => {
    await worker(0).listens();
    await worker(1).fails('PORT is in use');
    expect(worker(0).signals).toEqual(['SIGTERM']);
    worker(0).exit(0);
    await settled();
    expect(end).toEqual({ exitCode: 1, failure: 'PORT is in use' });
    expect(forked).toHaveLength(2);
  });

  it('gives up when workers end before they listen again and again without a word', async () => {
    for (let count = 0; count < MAX_FAILED_STARTS; count += 1) {
      worker(forked.length - 1).exit(undefined);
      await jest.advanceTimersByTimeAsync(MIN_RESTART_MS * 2 ** count);
    }
    expect(worker(0).signals).toEqual(['SIGTERM']);
    worker(0).exit(undefined);
    await settled();
    expect(end).toEqual({ exitCode: 1, failure: 'the workers end before they listen' });
  });

  it('does not give up while another worker serves', async () => {
    await bothListen();
    worker(1).exit(1);
    for (let count = 0; count <= MAX_FAILED_STARTS; count += 1) {
      await jest.advanceTimersByTimeAsync(MAX_RESTART_MS);
      await worker(forked.length - 1).fails('no store');
    }
    await jest.advanceTimersByTimeAsync(MAX_RESTART_MS);
    expect(worker(0).signals).toEqual([]);
    expect(supervisor.workers).toHaveLength(2);
  });

  it('ends with 0 when every worker did after it was told to', async () => {
    await bothListen();
    supervisor.stop();
    supervisor.stop();
    expect(forked.map(({ signals }) => signals)).toEqual([['SIGTERM'], ['SIGTERM']]);
    worker(0).exit(0);
    await settled();
    expect(end).toBeUndefined();
    worker(1).exit(0);
    await settled();
    expect(end).toEqual({ exitCode: 0, failure: undefined });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(forked).toHaveLength(2);
  });

  it.each([1, undefined])('ends with 1 when a worker that served ended with %s', async (code) => {
    await bothListen();
    supervisor.stop();
    worker(0).exit(0);
    worker(1).exit(code);
    await settled();
    expect(end?.exitCode).toBe(1);
  });

  it('ends with 0 when a worker was stopped before it had come up', async () => {
    await worker(0).listens();
    supervisor.stop();
    worker(0).exit(0);
    worker(1).exit(undefined);
    await settled();
    expect(end?.exitCode).toBe(0);
  });

  it('starts nobody any more when told to stop while a replacement is due', async () => {
    await bothListen();
    worker(0).exit(1);
    supervisor.stop();
    worker(1).exit(0);
    await jest.advanceTimersByTimeAsync(MAX_RESTART_MS);
    expect(forked).toHaveLength(2);
    expect(end?.exitCode).toBe(0);
  });

  it('kills what has not stopped some time after the deadline, and ends with 1', async () => {
    await bothListen();
    supervisor.stop();
    worker(0).exit(0);
    await jest.advanceTimersByTimeAsync(1_000 + STOP_MARGIN_MS - 1);
    expect(worker(1).signals).toEqual(['SIGTERM']);
    await jest.advanceTimersByTimeAsync(1);
    expect(worker(1).signals).toEqual(['SIGTERM', 'SIGKILL']);
    worker(1).exit(undefined);
    await settled();
    expect(end?.exitCode).toBe(1);
  });
});
