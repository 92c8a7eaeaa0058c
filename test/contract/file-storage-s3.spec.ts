import { createS3FileStorage } from '@tollgate/file-storage';
import { FakeClock, fileStorageContract } from '@tollgate/testing';
import { holdingsOf, storageIn } from '../support/s3-bucket';
import { describeWithS3 } from '../support/s3-server';

const DAYS_MS = 2 * 86_400_000;

describeWithS3('on S3', (s3) => {
  fileStorageContract('s3', async () => {
    const bucket = await s3().newBucket();
    const clock = new FakeClock(Date.now());
    const storage = createS3FileStorage(storageIn(s3(), bucket, { clock, prefix: 'some/prefix/' }));
    await storage.open();
    return {
      storage,
      holdings: async () => holdingsOf(s3().client, bucket),
      passTime: async () => {
        clock.advance(DAYS_MS);
      },
      teardown: async () => undefined,
    };
  });
});
