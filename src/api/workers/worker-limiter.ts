import type { Clock } from '@tollgate/domain';
import {
  type LimiterObserver,
  type RateLimiter,
  SharedRateLimiter,
  type SharedRateLimiterOptions,
} from '@tollgate/limiter';
import { IpcCounterStore } from './ipc-counter-store';
import { LEASE_UNITS, TAKE_TIMEOUT_MS } from './limits';
import type { ApiLink } from './api-link';

type LeaseSizes = SharedRateLimiterOptions['leases'];

/**
 * The limiter of a worker: the primary counts, and most requests are decided by units taken from it in advance.
 * @param workers how many share the limits, each for its part if the primary does not answer
 * @param leases as the settings say; 0: as many as suit workers of one machine
 */
export function createWorkerLimiter(
  primary: ApiLink,
  workers: number,
  leases: LeaseSizes,
  clock: Clock,
  observer: LimiterObserver,
): RateLimiter {
  return new SharedRateLimiter(new IpcCounterStore(primary), clock, observer, {
    leases: {
      app: leases.app || LEASE_UNITS,
      account: leases.account || LEASE_UNITS,
      token: leases.token || LEASE_UNITS,
      address: leases.address,
    },
    onFailure: 'local',
    replicas: workers,
    timeoutMs: TAKE_TIMEOUT_MS,
  });
}
