import { type MessageOf, errorTexts } from '@tollgate/frp-wire';
import type { TunnelToken } from '@tollgate/tunnel-tokens';
import type { Blocks } from './blocks';
import type { ClientSession } from './client-session';
import type { SessionBook } from './session-book';
import type { UsedLogins } from './used-logins';

/** Longest run id that is taken from a client; frps's own have 16 characters. */
const MAX_RUN_ID_LENGTH = 64;

/** Decides about logins whose token is known, by the clients that are online in this process. */
export class AdmissionRules {
  constructor(
    private readonly book: SessionBook,
    private readonly blocks: Blocks,
    private readonly used: UsedLogins,
    /** Makes one that leads back to the token. */
    private readonly newRunId: (token: TunnelToken) => string,
  ) {}

  /** A run id is another tenant's as soon as that tenant's client has it: whoever else names it gets a new one. */
  findReplaced(login: MessageOf<'login'>, token: TunnelToken): ClientSession | undefined {
    const found = login.runId === '' ? undefined : this.book.findByRunId(login.runId);
    return found?.identity.token.token === token.token ? found : undefined;
  }

  /** @returns what it is counted as, and what the client is told; `undefined`: it is admitted */
  findRefusal(
    login: MessageOf<'login'>,
    token: TunnelToken,
    former: ClientSession | undefined,
    address: string,
    maxSessionsPerToken: number,
  ): readonly [string, string] | undefined {
    const { id: tokenId } = token;
    if (this.blocks.isBlocked({ tokenId }) || this.blocks.isBlocked({ tokenId, runId: login.runId })) {
      return ['blocked', 'disconnected by an operator, try again later'];
    }
    if (former !== undefined && this.used.isReplay(login, former, address))
      return ['replayed', errorTexts.loginTokenMismatch];
    const namesake = this.book.findNamesake(token, login.user, login.clientId);
    if (namesake !== undefined && namesake !== former) {
      return ['client-id', errorTexts.loginClientIdOnline(login.clientId, login.user)];
    }
    const online = this.book.countOf(token) - (former === undefined ? 0 : 1);
    const maxClients = token.maxClients ?? 0;
    const isFull = (maxClients > 0 && online >= maxClients) || online >= maxSessionsPerToken;
    return isFull ? ['clients', 'too many clients with this token'] : undefined;
  }

  /** The one that the client brings, unless somebody else has it. */
  runIdFor(login: MessageOf<'login'>, token: TunnelToken, former: ClientSession | undefined): string {
    const isFree = former !== undefined || this.book.findByRunId(login.runId) === undefined;
    if (login.runId !== '' && login.runId.length <= MAX_RUN_ID_LENGTH && isFree) return login.runId;
    for (;;) {
      const runId = this.newRunId(token);
      if (this.book.findByRunId(runId) === undefined) return runId;
    }
  }
}
