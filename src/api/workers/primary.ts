import cluster from 'node:cluster';
import { SystemClock } from '@tollgate/domain';
import { MemoryCounterStore } from '@tollgate/limiter';
import type { Log } from '@tollgate/observability';
import type { ApiSettings } from '../settings/api.settings';
import { onStopRequest } from '../shutdown';
import { serveCounters } from './counter-service';
import { COUNTER_SWEEP_MS } from './limits';
import { Link } from './link';
import { collectMetrics } from './metrics-collection';
import { Supervisor, type WorkerProcess } from './supervisor';

/**
 * Runs the api in several worker processes: starts and replaces them, counts for them, and passes on what they tell
 * each other. Serves no request itself.
 * @returns the exit code, when the last worker has ended
 * @public loaded by `main` when it is needed
 */
export async function runPrimary(settings: ApiSettings, log: Log): Promise<0 | 1> {
  const counters = new MemoryCounterStore(new SystemClock(), {
    onEviction: () => {
      log.error({}, 'too many subjects to count: the limits of some start anew');
    },
  });
  const sweeping = setInterval(() => {
    counters.sweep();
  }, COUNTER_SWEEP_MS).unref();

  const supervisor = new Supervisor({
    count: settings.API_WORKERS,
    shutdownTimeoutMs: settings.SHUTDOWN_TIMEOUT,
    log,
    fork: () => {
      // A number: what `auto` meant may be another one by the time that a worker is replaced.
      const worker = forkWorker(settings.API_WORKERS);
      serveCounters(worker.link, counters);
      worker.link.answer('metrics', () => collectMetrics(supervisor.workers.map(({ link }) => link)));
      worker.link.listen('changes', (changes) => {
        for (const other of supervisor.workers) if (other !== worker) void other.link.tell('changes', changes);
      });
      return worker;
    },
    onListening: (url) => {
      log.info({ url, workers: supervisor.workers.map(({ pid }) => pid) }, 'all workers listen');
      process.send?.({ type: 'listening', url });
    },
  });
  onStopRequest((reason) => {
    log.info({ reason }, 'stopping the workers');
    supervisor.stop();
  });
  supervisor.start();

  const { exitCode, failure } = await supervisor.ended;
  clearInterval(sweeping);
  if (failure !== undefined) process.stderr.write(`${failure}\n`);
  else log.info({ exitCode }, 'all workers have stopped');
  return exitCode;
}

function forkWorker(count: number): WorkerProcess {
  const worker = cluster.fork({ API_WORKERS: String(count) });
  // A message for one that is gone; its end is told by itself.
  worker.on('error', () => undefined);
  const link = new Link({
    send: (message, sent) => {
      worker.send(message, sent);
    },
    onMessage: (listener) => worker.on('message', listener),
    onClosed: (listener) => worker.on('disconnect', listener),
  });
  return {
    pid: worker.process.pid ?? 0,
    link,
    kill: (signal) => worker.process.kill(signal),
    onExit: (listener) => {
      worker.once('exit', (code: number | null) => {
        listener(code ?? undefined);
      });
    },
  };
}
