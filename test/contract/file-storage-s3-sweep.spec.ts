import { CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { type FileStorage, createS3FileStorage } from '@tollgate/file-storage';
import { FakeClock } from '@tollgate/testing';
import { objectsIn, storageIn, uploadsIn } from '../support/s3-bucket';
import { describeWithS3 } from '../support/s3-server';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Servers tell the time of an object in whole seconds. */
const SLACK_MS = 5_000;
const none = async (): Promise<ReadonlySet<string>> => new Set();

describeWithS3('the sweep of a bucket', (s3) => {
  let bucket: string;
  let clock: FakeClock;
  let storage: FileStorage;

  beforeEach(async () => {
    bucket = await s3().newBucket();
    clock = new FakeClock(Date.now());
    storage = createS3FileStorage(storageIn(s3(), bucket, { clock }));
  });

  async function store(fileId: string): Promise<string> {
    const writer = await storage.create(fileId);
    await writer.write(Buffer.from('content'));
    return writer.complete();
  }

  it('removes an object that no record names after an hour, and none that one does', async () => {
    const named = await store('file_named');
    await store('file_unnamed');
    const find = async (ids: readonly string[]) => new Set(ids.filter((id) => id === 'file_named'));

    clock.advance(HOUR_MS - SLACK_MS);
    expect(await storage.sweep(find)).toStrictEqual({ abandoned: 0, orphaned: 0 });
    clock.set(Date.now() + HOUR_MS + SLACK_MS);
    expect(await storage.sweep(find)).toStrictEqual({ abandoned: 0, orphaned: 1 });

    expect(await objectsIn(s3().client, bucket)).toStrictEqual([named]);
  });

  it('touches nothing that others keep in the bucket, however much it looks like ours', async () => {
    const day = clock.now().toISOString().slice(0, 10);
    const keys = ['a', `${day}/file_other`, `${day}/file_other.mp4`, `other/${day}/file_other`, 'z'];
    for (const Key of keys) await s3().client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'theirs' }));
    await s3().client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'backups/2026' }));

    for (const forMs of [2 * DAY_MS, 20 * DAY_MS]) {
      clock.advance(forMs);
      expect(await storage.sweep(none)).toStrictEqual({ abandoned: 0, orphaned: 0 });
    }

    expect(await objectsIn(s3().client, bucket)).toStrictEqual([...keys].sort());
    expect(await uploadsIn(s3().client, bucket)).toHaveLength(1);
  });

  it('asks for no objects of days long past', async () => {
    await store('file_old');
    clock.advance(9 * DAY_MS);
    const asked = jest.fn(none);

    await storage.sweep(asked);

    expect(asked).not.toHaveBeenCalled();
  });

  it('aborts an upload in parts that nobody has gone on with for eight days, and none before', async () => {
    const writer = await storage.create('file_begun');
    await writer.write(Buffer.alloc(9_000_000));
    while ((await uploadsIn(s3().client, bucket)).length === 0) await new Promise((resolve) => setImmediate(resolve));

    clock.advance(8 * DAY_MS - SLACK_MS);
    expect(await storage.sweep(none)).toStrictEqual({ abandoned: 0, orphaned: 0 });
    clock.set(Date.now() + 8 * DAY_MS + SLACK_MS);
    expect(await storage.sweep(none)).toStrictEqual({ abandoned: 1, orphaned: 0 });

    expect(await uploadsIn(s3().client, bucket)).toStrictEqual([]);
    await expect(writer.complete()).rejects.toThrow(/^S3: writing an object failed/);
    expect(await objectsIn(s3().client, bucket)).toStrictEqual([]);
  });
});
