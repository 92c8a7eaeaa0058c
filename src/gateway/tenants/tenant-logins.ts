import { LoginKeyCheck, type MessageOf, errorTexts } from '@tollgate/frp-wire';
import type { TenantTokenSource, TunnelToken } from '@tollgate/tunnel-tokens';
import type { FailedLogins } from './failed-logins';
import { LoginHints } from './login-hints';
import { LoginKeyScan } from './login-key-scan';
import { LoginSearch } from './login-search';
import { RunIdHints } from './run-id-hints';
import { TurnQuota } from './turn-quota';

/** What follows, keys and ciphers above all, takes some tenths of a millisecond for each. */
const ADMISSIONS_PER_TURN = 8;

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
  /** See {@link RunIdHints}. */
  readonly runIdKey: Buffer;
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
  private readonly search: LoginSearch;
  private readonly runIds: RunIdHints;
  private readonly hints: LoginHints;
  private readonly admissions = new TurnQuota(ADMISSIONS_PER_TURN);
  private readonly stopListening: () => void;

  constructor(private readonly options: TenantLoginOptions) {
    const { source, failures, runIdKey } = options;
    this.search = new LoginSearch(this.scan, failures);
    this.runIds = new RunIdHints(runIdKey);
    this.hints = new LoginHints(this.runIds);
    for (const token of source.tokens.keys()) this.add(token);
    this.stopListening = source.onChange((change) => {
      const { token } = change.token;
      if (change.kind === 'delete') {
        this.scan.delete(token);
        this.runIds.delete(token);
      } else if (change.before === undefined) this.add(token);
    });
  }

  /** @param address the client's */
  async identify(login: MessageOf<'login'>, address: string): Promise<LoginVerdict> {
    const { source } = this.options;
    if (source.state === 'starting' || source.state === 'unavailable') return refused('unavailable');
    let value = this.findHinted(login, address);
    if (value === undefined) {
      const { privilegeKey: key, timestamp } = login;
      const outcome = await this.search.find({ key, timestamp, address });
      if (outcome.kind === 'throttled') return refused('throttled');
      if (outcome.kind === 'full') return refused('busy');
      if (outcome.kind === 'found') value = outcome.token;
    }
    if (value !== undefined) {
      await this.admissions.enter();
      // It may have gone meanwhile.
      const token = source.tokens.get(value);
      if (token !== undefined) return this.admit(token, login, address);
    }
    return { refusal: 'unknown', error: errorTexts.loginTokenMismatch };
  }

  /** A run id for a client that has none, which helps to find its token when it comes back. */
  newRunId({ token }: TunnelToken): string {
    return this.runIds.create(token);
  }

  /** Whether a token is for this gateway. */
  isOfRegion({ region }: TunnelToken): boolean {
    return this.options.region === undefined || region === this.options.region;
  }

  close(): void {
    this.stopListening();
  }

  private add(token: string): void {
    this.scan.add(token);
    this.runIds.add(token);
  }

  private findHinted(login: MessageOf<'login'>, address: string): string | undefined {
    const check = new LoginKeyCheck(login.privilegeKey, login.timestamp);
    const { runId, user } = login;
    for (const value of this.hints.candidates({ runId, address, user })) {
      if (this.options.source.tokens.has(value) && check.matches(value)) return value;
    }
    return undefined;
  }

  private admit(token: TunnelToken, login: MessageOf<'login'>, address: string): LoginVerdict {
    const refusal = this.findRefusal(token, address);
    if (refusal !== undefined) return refused(refusal);
    const { runId, user } = login;
    this.hints.remember(token.token, { runId, address, user });
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
