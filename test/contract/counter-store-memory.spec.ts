import { MemoryCounterStore } from '@tollgate/limiter';
import { counterStoreContract, FakeClock } from '@tollgate/testing';

counterStoreContract(
  'memory',
  () => {
    const clock = new FakeClock();
    return Promise.resolve({ store: new MemoryCounterStore(clock), clock, teardown: () => Promise.resolve() });
  },
  { histories: 300 },
);
