import { LoginKeyCheck, type MessageOf, errorTexts } from '@tollgate/frp-wire';
import type { TenantTokenSource, TunnelToken } from '@tollgate/tunnel-tokens';
import { LRUCache } from 'lru-cache';
import type { FailedLogins } from './failed-logins';
import { LoginKeyScan } from './login-key-scan';
import { LoginSearch, SearchQueueFullError } from './login-search';

/** Clients whose token is remembered, by run id and by address. */
const MAX_HINTS = 100_000;
/** Logins that may wait for a search. */
const MAX_WAITING = 1_000;

/** Why a login is refused, for metrics. */
export type LoginRefusal =
  'unknown' | 'unavailable' | 'busy' | 'throttled' | 'region' | 'disabled' | 'expired' | 'address';

/** Who wants in. */
export type LoginVerdict =
  | { readonly token: TunnelToken }
  | {
      readonly refusal: LoginRefusal;
      /** What frpc prints. */
      readonly error: string;
    };

export interface TenantLoginOptions {
  readonly source: TenantTokenSource;
  /** This gateway's; `undefined` where tokens are of no region. */
  readonly region: string | undefined;
  readonly failures: FailedLogins;
  /** Milliseconds since the Unix epoch. */
  readonly wallClockMs: () => number;
}

const ERRORS: Readonly<Record<Exclude<LoginRefusal, 'unknown'>, string>> = {
  unavailable: 'token source unavailable',
  busy: 'too many logins at once, try again later',
  throttled: 'too many failed logins, try again later',
  region: 'region mismatch',
  disabled: 'token disabled',
  expired: 'token expired',
  address: 'address not allowed',
};

/**
 * Tells who a login is from, and whether that tenant may come in here and now. The token is not in the login, only a key made with
 * it: what the client had before is tried first, then every token there is.
 */
export class TenantLogins {
  private readonly scan = new LoginKeyScan();
  private readonly search = new LoginSearch(this.scan, MAX_WAITING);
  private readonly byRunId = new LRUCache<string, string>({ max: MAX_HINTS });
  private readonly byAddress = new LRUCache<string, string>({ max: MAX_HINTS });
  private readonly stopListening: () => void;

  constructor(private readonly options: TenantLoginOptions) {
    const { source } = options;
    for (const token of source.tokens.keys()) this.scan.add(token);
    this.stopListening = source.onChange((change) => {
      if (change.kind === 'put') this.scan.add(change.token.token);
      else this.scan.delete(change.token.token);
    });
  }

  /** @param address the client's */
  async identify(login: MessageOf<'login'>, address: string): Promise<LoginVerdict> {
    const { source, failures } = this.options;
    if (source.state === 'starting' || source.state === 'unavailable') return refused('unavailable');
    const hinted = this.findHinted(login, address);
    if (hinted !== undefined) return this.admit(hinted, login, address);
    if (failures.isBlocked(address)) return refused('throttled');
    let found: string | undefined;
    try {
      found = await this.search.find(login.privilegeKey, login.timestamp);
    } catch (error) {
      if (error instanceof SearchQueueFullError) return refused('busy');
      throw error;
    }
    const token = found === undefined ? undefined : source.tokens.get(found);
    if (token !== undefined) return this.admit(token, login, address);
    failures.count(address);
    return { refusal: 'unknown', error: errorTexts.loginTokenMismatch };
  }

  /** Whether a token is for this gateway. */
  isOfRegion({ region }: TunnelToken): boolean {
    return this.options.region === undefined || region === this.options.region;
  }

  close(): void {
    this.stopListening();
  }

  private findHinted(login: MessageOf<'login'>, address: string): TunnelToken | undefined {
    const { tokens } = this.options.source;
    const check = new LoginKeyCheck(login.privilegeKey, login.timestamp);
    for (const value of [this.byRunId.get(login.runId), this.byAddress.get(address)]) {
      const token = value === undefined ? undefined : tokens.get(value);
      if (token !== undefined && check.matches(token.token)) return token;
    }
    return undefined;
  }

  private admit(token: TunnelToken, login: MessageOf<'login'>, address: string): LoginVerdict {
    const refusal = this.findRefusal(token, address);
    if (refusal !== undefined) return refused(refusal);
    this.byAddress.set(address, token.token);
    if (login.runId !== '') this.byRunId.set(login.runId, token.token);
    return { token };
  }

  private findRefusal(token: TunnelToken, address: string): Exclude<LoginRefusal, 'unknown'> | undefined {
    // A document without a region is one of a token that is not enabled.
    if (token.region !== undefined && !this.isOfRegion(token)) return 'region';
    if (!token.enabled || token.suspended) return 'disabled';
    if (token.expiresAt !== undefined && token.expiresAt.getTime() <= this.options.wallClockMs()) return 'expired';
    if (token.allowIPs !== undefined && !token.allowIPs.contains(address)) return 'address';
    return undefined;
  }
}

function refused(refusal: Exclude<LoginRefusal, 'unknown'>): LoginVerdict {
  return { refusal, error: ERRORS[refusal] };
}
