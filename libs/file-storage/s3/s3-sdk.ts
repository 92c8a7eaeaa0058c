import type * as S3 from '@aws-sdk/client-s3';
import type * as LibStorage from '@aws-sdk/lib-storage';
import { CONNECT_TIMEOUT_MS, IDLE_TIMEOUT_MS, MAX_SOCKETS } from './limits';
import type { S3StorageOptions } from './s3-options';

/** The packages, loaded only where S3 is used: they take 20 MB and a tenth of a second. */
export interface S3Sdk {
  readonly s3: typeof S3;
  readonly libStorage: typeof LibStorage;
}

export async function loadS3Sdk(): Promise<S3Sdk> {
  const [s3, libStorage] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/lib-storage')]);
  return { s3, libStorage };
}

export function newS3Client({ s3 }: S3Sdk, options: S3StorageOptions): S3.S3Client {
  const { region, endpoint, credentials, forcePathStyle } = options;
  const agent = { maxSockets: MAX_SOCKETS, keepAlive: true };
  // Servers other than Amazon's refuse the checksums that it has lately come to expect.
  const requestChecksumCalculation = endpoint === undefined ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED';
  return new s3.S3Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
    forcePathStyle,
    requestChecksumCalculation,
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      // Waiting for a socket is no fault to warn of: the limits on uploads bound it.
      socketAcquisitionWarningTimeout: IDLE_TIMEOUT_MS,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
}
