import { createS3FileStorage } from '@tollgate/file-storage';
import { FakeClock, fileStorageContract } from '@tollgate/testing';
import { objectsIn, uploadsIn } from '../support/s3-bucket';
import { describeWithS3 } from '../support/s3-server';

const DAYS_MS = 2 * 86_400_000;

describeWithS3('on S3', (s3) => {
  fileStorageContract('s3', async () => {
    const { endpoint, region, credentials, client, newBucket } = s3();
    const bucket = await newBucket();
    const clock = new FakeClock(Date.now());
    const storage = createS3FileStorage({
      bucket,
      region,
      endpoint,
      prefix: 'some/prefix/',
      credentials,
      forcePathStyle: true,
      maxBytes: 100_000_000,
      clock,
    });
    await storage.open();
    return {
      storage,
      holdings: async () => [
        ...(await objectsIn(client, bucket)),
        ...(await uploadsIn(client, bucket)).map(({ Key }) => Key),
      ],
      passTime: async () => {
        clock.advance(DAYS_MS);
      },
      teardown: async () => undefined,
    };
  });
});
