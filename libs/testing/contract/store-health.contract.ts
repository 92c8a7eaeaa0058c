import { type StoreSetup, useStore } from './store-under-test';

/** What every {@link StoreHealth} guarantees. */
export function storeHealthContract(name: string, setup: StoreSetup): void {
  describe(`${name}: StoreHealth`, () => {
    const store = useStore(setup);

    it('names the store and answers a ping', async () => {
      expect(store().health.kind).not.toBe('');
      await expect(store().health.ping(5000)).resolves.toBeUndefined();
    });

    it('fails a ping once the store is closed', async () => {
      const closed = await setup();
      await closed.teardown();

      await expect(closed.health.ping(5000)).rejects.toThrow();
    });
  });
}
