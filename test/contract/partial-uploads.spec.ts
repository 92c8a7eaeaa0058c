import { readdirSync } from 'node:fs';
import { SystemClock } from '@tollgate/domain';
import {
  createLocalFileStorage,
  createLocalPartialUploads,
  createS3FileStorage,
  createS3PartialUploads,
} from '@tollgate/file-storage';
import { partialUploadsContract, useTemporaryFolder } from '@tollgate/testing';
import { objectsIn, uploadsIn } from '../support/s3-bucket';
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
    const { endpoint, region, credentials, client, newBucket } = s3();
    const bucket = await newBucket();
    const options = {
      bucket,
      region,
      endpoint,
      prefix: 'some/prefix/',
      credentials,
      forcePathStyle: true,
      maxBytes: 100_000_000,
      clock: new SystemClock(),
    };
    return {
      partials: createS3PartialUploads(options),
      others: createS3PartialUploads(options),
      storage: createS3FileStorage(options),
      holdings: async () => [
        ...(await objectsIn(client, bucket)),
        ...(await uploadsIn(client, bucket)).map(({ Key }) => Key),
      ],
      teardown: async () => Promise.resolve(),
    };
  });
});
