/** How etcd is reached, as in the `[etcd]` table of the gateway's configuration. */
export interface EtcdOptions {
  /** `host:port`, with or without `http://` or `https://`; tried in turn. */
  readonly endpoints: readonly string[];
  /** Of the keys of tokens. Default `/frp/tokens/`. */
  readonly prefix?: string;
  /** Milliseconds until a server must have answered first. */
  readonly dialTimeoutMs?: number;
  readonly username?: string;
  readonly password?: string;
  /** PEM files, read again with every connection. Any of them, or an `https://` endpoint, means TLS. */
  readonly tls?: {
    readonly certFile?: string;
    readonly keyFile?: string;
    /** Who may have signed the server's certificate; the machine's own authorities when absent. */
    readonly caFile?: string;
  };
}

/** Where the original keeps tokens. */
export const DEFAULT_ETCD_PREFIX = '/frp/tokens/';
