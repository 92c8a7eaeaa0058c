import type { CounterStore } from '@tollgate/limiter';
import type { FakeClock } from '../fake-clock';

/** Counters that go by a clock of the test. */
export interface CounterStoreUnderTest {
  readonly store: CounterStore;
  readonly clock: FakeClock;
  teardown(): Promise<void>;
}
