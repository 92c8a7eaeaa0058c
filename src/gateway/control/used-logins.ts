import type { MessageOf } from '@tollgate/frp-wire';
import { LRUCache } from 'lru-cache';

/** Logins that are remembered; past it those that were seen longest ago are forgotten. */
const MAX_LOGINS = 100_000;

/** What proves a login. */
export type LoginProof = Pick<MessageOf<'login'>, 'privilegeKey' | 'timestamp'>;

/** A client that is there: what it has logged in with, and from where. */
export interface LoggedInClient {
  readonly identity: {
    readonly login: Pick<LoginProof, 'timestamp'>;
    readonly connection: { readonly peer: { readonly address: string } };
  };
}

/** Logins that were good: whoever listens can repeat them word for word, or with somebody else's run id, which the key does not cover. */
export class UsedLogins {
  /** Where each came from first. */
  private readonly addresses = new LRUCache<string, string>({ max: MAX_LOGINS });

  /** Call for every login whose key was right. */
  note(login: LoginProof, address: string): void {
    const key = keyOf(login);
    if (!this.addresses.has(key)) this.addresses.set(key, address);
  }

  /**
   * Whether a login is not to take the place of a client that is there: it has been used from elsewhere, or is older than that
   * client's own. A client that has moved to another address makes a new one.
   * @param former of the same token, with the run id that the login names
   */
  isReplay(login: LoginProof, former: LoggedInClient, address: string): boolean {
    const { login: before, connection } = former.identity;
    if (connection.peer.address === address) return false;
    if (login.timestamp <= before.timestamp) return true;
    const first = this.addresses.get(keyOf(login));
    return first !== undefined && first !== address;
  }
}

function keyOf({ privilegeKey, timestamp }: LoginProof): string {
  return `${String(timestamp)}/${privilegeKey}`;
}
