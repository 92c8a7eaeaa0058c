import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import {
  Etcd3,
  type IOptions,
  type IRangeRequest,
  type IRangeResponse,
  type ITxnRequest,
  type ITxnResponse,
} from 'etcd3';
import { ETCD_LIMITS } from './limits';
import type { EtcdOptions } from './etcd-options';

let opened = 0;

/** One connection to one server. Its failures are the caller's: nothing is repeated behind its back. */
export class EtcdSession {
  private constructor(
    readonly client: Etcd3,
    private readonly dialTimeoutMs: number,
  ) {}

  /** @throws Error when a file of TLS can't be read */
  static open(endpoint: string, options: EtcdOptions): EtcdSession {
    const { username, password, dialTimeoutMs = ETCD_LIMITS.dialTimeoutMs } = options;
    opened += 1;
    const credentials = tlsCredentials(endpoint, options);
    const client = new Etcd3({
      hosts: endpoint,
      ...(credentials !== undefined && { credentials }),
      ...(username !== undefined &&
        username !== '' && {
          auth: { username, password: password ?? '', callOptions: () => ({ deadline: Date.now() + dialTimeoutMs }) },
        }),
      grpcOptions: {
        // gRPC shares connections between clients with equal options: a new session must not get the dead one of the last.
        'grpc.primary_user_agent': `tollgate-${String(opened)}`,
        'grpc.max_receive_message_length': ETCD_LIMITS.answerBytes,
      },
      faultHandling: { global: ONCE, host: () => ONCE },
    });
    return new EtcdSession(client, dialTimeoutMs);
  }

  /** Linearizable, unless the request says otherwise. */
  async range(request: IRangeRequest): Promise<IRangeResponse> {
    return this.client.kv.range(request, { deadline: Date.now() + ETCD_LIMITS.answerMs });
  }

  /** The first call of a session, which may have to connect and to log in. */
  async dial(request: IRangeRequest): Promise<IRangeResponse> {
    return this.client.kv.range(request, { deadline: Date.now() + this.dialTimeoutMs });
  }

  async txn(request: ITxnRequest): Promise<ITxnResponse> {
    return this.client.kv.txn(request, { deadline: Date.now() + ETCD_LIMITS.answerMs });
  }

  close(): void {
    this.client.close();
  }
}

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

/**
 * In place of etcd3's own policies, which repeat a write whose outcome is not known and keep from a server for seconds.
 * `execute` is all that etcd3 calls of a policy.
 */
const ONCE = { execute: async (call: () => unknown) => call() } as unknown as Policy;

function tlsCredentials(endpoint: string, { tls }: EtcdOptions): IOptions['credentials'] {
  const { certFile, keyFile, caFile } = tls ?? {};
  if (certFile === undefined && keyFile === undefined && caFile === undefined) return undefined;
  if (endpoint.startsWith('http://')) throw new Error(`etcd endpoint ${endpoint} has TLS files but is no https:// one`);
  return {
    rootCertificate: caFile === undefined ? Buffer.from(rootCertificates.join('\n')) : readFileSync(caFile),
    ...(keyFile !== undefined && { privateKey: readFileSync(keyFile) }),
    ...(certFile !== undefined && { certChain: readFileSync(certFile) }),
  };
}
