import type { Log } from '@tollgate/observability';
import { MAX_FAILED_STARTS, MAX_RESTART_MS, MIN_RESTART_MS, STEADY_MS, STOP_MARGIN_MS } from './limits';

/** What every worker tells of itself. */
export interface WorkerNews {
  /** It serves at this address. */
  readonly listening: { readonly url: string };
  /** Why it could not start. */
  readonly failed: { readonly message: string };
}

/** A process that serves. */
export interface WorkerProcess {
  readonly pid: number;
  readonly link: {
    listen<T extends keyof WorkerNews>(topic: T, listener: (news: WorkerNews[T]) => void): void;
  };
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** @param listener told the exit code, or `undefined` when a signal ended it */
  onExit(listener: (code: number | undefined) => void): void;
}

/** How all workers came to their end. */
export interface SupervisorEnd {
  readonly exitCode: 0 | 1;
  /** Why the workers could not start, in their own words. */
  readonly failure: string | undefined;
}

export interface SupervisorOptions<W extends WorkerProcess> {
  /** Workers that shall run. */
  readonly count: number;
  /** What a worker has to finish its requests. */
  readonly shutdownTimeoutMs: number;
  /** @param place from 0 on: that of the worker which it replaces, or a new one */
  readonly fork: (place: number) => W;
  /** Told once, when all workers listen for the first time. */
  readonly onListening: (url: string) => void;
  readonly log: Log;
}

interface Running<W> {
  readonly process: W;
  readonly place: number;
  readonly startedMs: number;
  /** Times in a row that its place ended soon after a start. */
  readonly soonEnded: number;
  isListening: boolean;
  failure: string | undefined;
}

/**
 * Keeps workers running.
 *
 * ```
 * starting   until all workers listen. One that says why it can't ends all.
 * serving    a worker that ends is replaced, after a while that grows when it ends soon.
 * stopping   told to, or given up: no worker is started any more. → over when the last one has ended
 * ```
 */
export class Supervisor<W extends WorkerProcess> {
  /** Settles when the last worker has ended. */
  readonly ended: Promise<SupervisorEnd>;
  private readonly running = new Set<Running<W>>();
  private readonly restarts = new Set<NodeJS.Timeout>();
  private state: 'starting' | 'serving' | 'stopping' = 'starting';
  private failedStarts = 0;
  private exitCode: 0 | 1 = 0;
  private failure: string | undefined;
  private deadline: NodeJS.Timeout | undefined;
  private end: (end: SupervisorEnd) => void = () => undefined;

  constructor(private readonly options: SupervisorOptions<W>) {
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  /** Workers that run at present. */
  get workers(): readonly W[] {
    return [...this.running].map(({ process }) => process);
  }

  start(): void {
    for (let started = 0; started < this.options.count; started += 1) this.startWorker(started, 0);
  }

  /** Lets every worker finish its requests and end; makes it, when it does not in time. */
  stop(): void {
    if (this.state === 'stopping') return;
    this.state = 'stopping';
    for (const restart of this.restarts) clearTimeout(restart);
    this.deadline = setTimeout(() => {
      this.options.log.error({ workers: this.workers.map(({ pid }) => pid) }, 'workers did not stop in time');
      this.exitCode = 1;
      for (const { process } of this.running) process.kill('SIGKILL');
    }, this.options.shutdownTimeoutMs + STOP_MARGIN_MS);
    for (const { process } of this.running) process.kill('SIGTERM');
    this.endIfOver();
  }

  private startWorker(place: number, soonEnded: number): void {
    const process = this.options.fork(place);
    const worker: Running<W> = {
      process,
      place,
      startedMs: performance.now(),
      soonEnded,
      isListening: false,
      failure: undefined,
    };
    this.running.add(worker);
    process.link.listen('listening', ({ url }) => {
      this.nowListens(worker, url);
    });
    process.link.listen('failed', ({ message }) => {
      worker.failure = message;
    });
    process.onExit((code) => {
      this.hasEnded(worker, code);
    });
  }

  private nowListens(worker: Running<W>, url: string): void {
    worker.isListening = true;
    this.failedStarts = 0;
    if (this.state !== 'starting' || this.listening() < this.options.count) return;
    this.state = 'serving';
    this.options.onListening(url);
  }

  private listening(): number {
    return [...this.running].filter(({ isListening }) => isListening).length;
  }

  private hasEnded(worker: Running<W>, code: number | undefined): void {
    this.running.delete(worker);
    if (this.state === 'stopping') {
      // One that had not come up yet has nothing to lose.
      if (worker.isListening && code !== 0) this.exitCode = 1;
      this.endIfOver();
      return;
    }
    if (!worker.isListening) this.failedStarts += 1;
    if (this.isHopeless(worker)) {
      this.giveUp(worker.failure);
      return;
    }
    this.replace(worker, code);
  }

  private isHopeless(worker: Running<W>): boolean {
    if (worker.isListening || this.state === 'stopping') return false;
    if (this.state === 'starting' && worker.failure !== undefined) return true;
    return this.failedStarts >= MAX_FAILED_STARTS && (this.state === 'starting' || this.listening() === 0);
  }

  private giveUp(failure: string | undefined): void {
    this.failure = failure ?? 'the workers end before they listen';
    this.exitCode = 1;
    this.stop();
  }

  private replace(worker: Running<W>, code: number | undefined): void {
    const {
      process: { pid },
      place,
      startedMs,
      soonEnded,
      failure,
    } = worker;
    const soon = performance.now() - startedMs < STEADY_MS ? soonEnded + 1 : 0;
    const inMs = Math.min(MAX_RESTART_MS, MIN_RESTART_MS * 2 ** Math.max(0, soon - 1));
    this.options.log.error(
      { worker: pid, code: code ?? 'killed', inMs, ...(failure !== undefined && { failure }) },
      'a worker ended by itself; another one takes its place',
    );
    const restart = setTimeout(() => {
      this.restarts.delete(restart);
      this.startWorker(place, soon);
    }, inMs);
    this.restarts.add(restart);
  }

  private endIfOver(): void {
    if (this.running.size > 0) return;
    clearTimeout(this.deadline);
    this.end({ exitCode: this.exitCode, failure: this.failure });
  }
}
