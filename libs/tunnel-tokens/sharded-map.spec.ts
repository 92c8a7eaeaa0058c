import * as fc from 'fast-check';
import { ShardedMap } from './sharded-map';

describe('ShardedMap', () => {
  it('answers as a Map does, whatever is done to it', () => {
    const key = fc.oneof(fc.string({ maxLength: 3 }), fc.integer({ min: 0, max: 50 }).map(String));
    const step = fc.record({ verb: fc.constantFrom('set', 'delete'), key, value: fc.integer() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const model = new Map<string, number>();
        const map = new ShardedMap<number>();
        for (const { verb, key: name, value } of steps) {
          if (verb === 'set') {
            model.set(name, value);
            map.set(name, value);
          } else expect(map.delete(name)).toBe(model.delete(name));
          expect(map.size).toBe(model.size);
          expect(map.get(name)).toBe(model.get(name));
          expect(map.has(name)).toBe(model.has(name));
        }
        expect(new Map(map)).toEqual(model);
        expect(new Set(map.keys())).toEqual(new Set(model.keys()));
        expect([...map.values()].sort()).toEqual([...model.values()].sort());
        const seen = new Map<string, number>();
        map.forEach((value, name) => seen.set(name, value));
        expect(seen).toEqual(model);
      }),
    );
  });

  it.each([
    ['random', (i: number) => `tgt_${((i * 2_654_435_761) % 2 ** 32).toString(36)}`],
    ['counted up', (i: number) => `tenant-${String(i).padStart(6, '0')}`],
  ])('spreads keys that are %s, so that no shard grows far beyond the others', (_how, keyOf) => {
    const map = new ShardedMap<number>();
    for (let i = 0; i < 64_000; i += 1) map.set(keyOf(i), i);
    const { shards } = map as unknown as { readonly shards: readonly Map<string, number>[] };
    expect(Math.max(...shards.map(({ size }) => size))).toBeLessThan(3_000);
  });

  it('goes on over what is left while it is emptied', () => {
    const map = new ShardedMap<number>();
    for (let i = 0; i < 1_000; i += 1) map.set(String(i), i);
    for (const key of map.keys()) map.delete(key);
    expect(map.size).toBe(0);
  });
});
