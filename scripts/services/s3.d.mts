export interface S3ServerProcess {
  /** Of the server, without a bucket. */
  readonly uri: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export type S3ServerState =
  | { readonly kind: 'ready' }
  /** Its jars are missing and may be fetched. */
  | { readonly kind: 'installable' }
  | { readonly kind: 'absent'; readonly reason: string };

/** What a server of {@link startS3Server} asks of its clients. */
export const S3_CREDENTIALS: { readonly accessKeyId: string; readonly secretAccessKey: string };

/** Whether the server can be started here, found out without starting anything for long. */
export function s3ServerState(env?: Readonly<Record<string, string | undefined>>): S3ServerState;

/** Fetches the jars with Maven into the project's cache folder; nothing to do when they are there. */
export function installS3Server(): Promise<void>;

/** Starts it empty on a loopback port (a free one by default) and waits until it listens. */
export function startS3Server(options?: { readonly port?: number }): Promise<S3ServerProcess>;
