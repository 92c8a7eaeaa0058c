import { readdirSync } from 'node:fs';
import { SystemClock } from '@tollgate/domain';
import {
  createLocalFileStorage,
  createLocalPartialUploads,
  createS3FileStorage,
  createS3PartialUploads,
} from '@tollgate/file-storage';
import { partialUploadsContract, useTemporaryFolder } from '@tollgate/testing';
import { holdingsOf, storageIn } from '../support/s3-bucket';
import { describeWithS3 } from '../support/s3-server';

describe('in a folder', () => {
  const folder = useTemporaryFolder();

  partialUploadsContract('local', async () => {
    const path = folder();
    const storage = createLocalFileStorage({ path, clock: new SystemClock() });
    await storage.open();
    const [partials, others] = [createLocalPartialUploads(path), createLocalPartialUploads(path)];
    await partials.open();
    return {
      partials,
      others,
      storage,
      holdings: async () => {
        const entries = readdirSync(path, { recursive: true, withFileTypes: true });
        return Promise.resolve(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
      },
      teardown: async () => Promise.resolve(),
    };
  });
});

describeWithS3('on S3', (s3) => {
  partialUploadsContract('s3', async () => {
    const bucket = await s3().newBucket();
    const options = storageIn(s3(), bucket, { prefix: 'some/prefix/' });
    return {
      partials: createS3PartialUploads(options),
      others: createS3PartialUploads(options),
      storage: createS3FileStorage(options),
      holdings: async () => holdingsOf(s3().client, bucket),
      teardown: async () => Promise.resolve(),
    };
  });
});
