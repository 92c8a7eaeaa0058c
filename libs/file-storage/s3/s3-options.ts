import type { Clock } from '@tollgate/domain';

export interface S3StorageOptions {
  readonly bucket: string;
  readonly region: string;
  /** Of a server that is not Amazon's. */
  readonly endpoint?: string;
  /**
   * Before every key; empty or ending in `/`. No two installations may share it: what one of them has no record of, its
   * sweep removes.
   */
  readonly prefix: string;
  /** Absent: what the environment of the process has, as Amazon's tools look for it. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Bucket in the path instead of the host name. */
  readonly forcePathStyle: boolean;
  /** Bytes of the largest file. Beyond 78 GiB it makes the parts larger, and each writer's memory with them. */
  readonly maxBytes: number;
  readonly clock: Clock;
}
