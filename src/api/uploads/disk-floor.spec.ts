import type { FileStorage } from '@tollgate/file-storage';
import { FakeClock } from '@tollgate/testing';
import { DiskFloor } from './disk-floor';

describe('the disk floor', () => {
  const freeBytes = jest.fn<Promise<number | undefined>, []>();
  const clock = new FakeClock();
  const floor = (minFreeBytes: number) =>
    new DiskFloor({ freeBytes } as Partial<FileStorage> as FileStorage, minFreeBytes, clock);

  it('lets uploads use what is above it, to the byte', async () => {
    freeBytes.mockResolvedValue(1_000);
    await expect(floor(900).assertRoom(100)).resolves.toBeUndefined();
    await expect(floor(900).assertRoom(101)).rejects.toMatchObject({ uploadCode: 'STORAGE_FULL', status: 507 });
  });

  it('bounds nothing where the storage has no bound', async () => {
    freeBytes.mockResolvedValue(undefined);
    await expect(floor(900).assertRoom(1e15)).resolves.toBeUndefined();
  });

  it('asks the storage at most twice a second, however many uploads watch it', async () => {
    freeBytes.mockReset().mockResolvedValue(1_000);
    const shared = floor(900);
    await Promise.all(Array.from({ length: 50 }, () => shared.assertRoom()));
    expect(freeBytes).toHaveBeenCalledTimes(1);
    freeBytes.mockResolvedValue(10);
    clock.advance(500);
    await expect(shared.assertRoom()).rejects.toMatchObject({ uploadCode: 'STORAGE_FULL' });
  });
});
