import { SystemClock } from '@tollgate/domain';
import { MemoryCounterStore } from '@tollgate/limiter';
import type { Log } from '@tollgate/observability';
import { Link, Supervisor, forkWorker, mergedMetrics } from '@tollgate/workers';
import type { ApiSettings } from '../settings/api.settings';
import { onStopRequest } from '../shutdown';
import { serveCounters } from './counter-service';
import { COUNTER_SWEEP_MS, WORKER_METRICS_MS } from './limits';
import type { News, Questions } from './messages';

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
      const forked = forkWorker({ API_WORKERS: String(settings.API_WORKERS) });
      const worker = { ...forked, link: new Link<Questions, News>(forked.channel) };
      serveCounters(worker.link, counters);
      worker.link.answer('metrics', () =>
        mergedMetrics(supervisor.workers.map(({ link }) => link.ask('own-metrics', null, WORKER_METRICS_MS))),
      );
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
