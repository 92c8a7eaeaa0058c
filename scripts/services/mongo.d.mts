export interface MongoStandIn {
  /** Without a database name. */
  readonly uri: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export type MongoStandInState =
  | { readonly kind: 'ready' }
  /** Its jars are missing and may be fetched. */
  | { readonly kind: 'installable' }
  | { readonly kind: 'absent'; readonly reason: string };

/** Whether the stand-in can be started here, found out without starting anything for long. */
export function mongoStandInState(env?: Readonly<Record<string, string | undefined>>): MongoStandInState;

/** Fetches the jars with Maven into the project's cache folder; nothing to do when they are there. */
export function installMongoStandIn(): Promise<void>;

/** Starts it on a loopback port (a free one by default) and waits until it listens. */
export function startMongoStandIn(options?: { readonly port?: number }): Promise<MongoStandIn>;
