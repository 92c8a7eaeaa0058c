import { CreateBucketCommand, DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { randomHex } from '@tollgate/domain';
import {
  installS3Server,
  S3_CREDENTIALS,
  type S3ServerProcess,
  s3ServerState,
  startS3Server,
} from '../../scripts/services/s3.mjs';
import { describeWith } from './describe-with';
import { emptyBucket } from './s3-bucket';

/** Room for fetching the jars once. */
const START_TIMEOUT_MS = 180_000;

/** The S3 server that a suite runs on. */
export interface S3ForTests {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Bucket in the path. */
  readonly client: S3Client;
  /** Makes one that no other suite uses, removed with all it holds at the end of the suite. */
  newBucket(): Promise<string>;
}

/**
 * A suite that needs S3: the server at `S3_TEST_ENDPOINT` (with `S3_TEST_ACCESS_KEY_ID` and `S3_TEST_SECRET_ACCESS_KEY`
 * unless it is ours), else one of its own. Where there is neither, the suite is skipped and says so; in CI (`CI=true`) it
 * fails, because there the services are installed.
 * @param define defines the cases; call its argument inside a hook or a case
 */
export function describeWithS3(name: string, define: (s3: () => S3ForTests) => void): void {
  const named = process.env['S3_TEST_ENDPOINT'];
  const state = named === undefined ? s3ServerState() : undefined;

  const absence =
    state?.kind === 'absent' ? `S3_TEST_ENDPOINT is not set and no server can be started: ${state.reason}` : undefined;
  describeWith(name, 'S3', absence, () => {
    let own: S3ServerProcess | undefined;
    let s3: S3ForTests | undefined;
    const buckets: string[] = [];
    beforeAll(async () => {
      if (state?.kind === 'installable') await installS3Server();
      if (state !== undefined) own = await startS3Server();
      s3 = connect(named ?? own?.uri ?? '', buckets);
    }, START_TIMEOUT_MS);
    define(() => {
      if (s3 === undefined) throw new Error('S3 runs only while a case runs');
      return s3;
    });
    // Last, because Jest runs these in the order of their definition.
    afterAll(async () => {
      for (const bucket of own === undefined ? buckets : []) {
        await emptyBucket(s3!.client, bucket);
        await s3!.client.send(new DeleteBucketCommand({ Bucket: bucket }));
      }
      s3?.client.destroy();
      await own?.stop();
    });
  });
}

function connect(endpoint: string, buckets: string[]): S3ForTests {
  const region = process.env['S3_TEST_REGION'] ?? 'us-east-1';
  const credentials = {
    accessKeyId: process.env['S3_TEST_ACCESS_KEY_ID'] ?? S3_CREDENTIALS.accessKeyId,
    secretAccessKey: process.env['S3_TEST_SECRET_ACCESS_KEY'] ?? S3_CREDENTIALS.secretAccessKey,
  };
  const client = new S3Client({
    region,
    endpoint,
    credentials,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const newBucket = async (): Promise<string> => {
    const bucket = `tollgate-test-${randomHex(8)}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    buckets.push(bucket);
    return bucket;
  };
  return { endpoint, region, credentials, client, newBucket };
}
