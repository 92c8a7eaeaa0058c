import { type MessageOf, errorTexts } from '@tollgate/frp-wire';
import { limitKeyOf, type TunnelToken } from '@tollgate/tunnel-tokens';
import type { LedgerAccess } from '../ledger/ledger-access';
import type { Admission, SessionRefusal } from '../ledger/session-ledger';
import type { TenantLogins } from '../tenants/tenant-logins';

/** Longest run id that is taken from a client; frps's own have 16 characters. */
const MAX_RUN_ID_LENGTH = 64;

/** Logins of this process in the ledger of all processes of the gateway. */
export class SessionClaims {
  private readonly asking = new Set<number>();
  /** Those that others have replaced before the ledger answered. */
  private readonly replaced = new Set<number>();

  /** @param close closes a session whose client has logged in elsewhere, if it is there */
  constructor(
    private readonly ledger: LedgerAccess,
    private readonly logins: TenantLogins,
    close: (generation: number) => void,
  ) {
    ledger.onReplaced((generation) => {
      if (this.asking.has(generation)) this.replaced.add(generation);
      close(generation);
    });
  }

  /**
   * Resolves when the session that is replaced, if there is one, is closed in whichever process it is.
   * @param session its generation
   * @param maxSessions that any token may have
   * @throws Error when the ledger does not answer
   */
  async claim(
    session: number,
    login: MessageOf<'login'>,
    token: TunnelToken,
    address: string,
    maxSessions: number,
  ): Promise<Admission> {
    const { user, clientId, privilegeKey, timestamp } = login;
    const runId = login.runId.length <= MAX_RUN_ID_LENGTH ? login.runId : '';
    const ofToken = token.maxClients ?? 0;
    const maxClients = ofToken > 0 ? Math.min(ofToken, maxSessions) : maxSessions;
    const newRunId = this.logins.newRunId(token);
    const proof = { privilegeKey, timestamp, address };
    this.asking.add(session);
    try {
      const whose = { tokenId: token.id, limitKey: limitKeyOf(token) };
      const claim = { session, ...whose, user, clientId, runId, newRunId, ...proof, maxClients };
      return await this.ledger.admit(claim);
    } finally {
      this.asking.delete(session);
    }
  }

  /** Whether a login came to nothing while the ledger was asked: a later one has its place. To be asked once. */
  wasReplaced(session: number): boolean {
    return this.replaced.delete(session);
  }

  leave(session: number): void {
    this.ledger.leave(session);
  }
}

/** What frpc prints. */
export function refusalText(refusal: SessionRefusal, { user, clientId }: MessageOf<'login'>): string {
  switch (refusal) {
    case 'blocked':
      return 'disconnected by an operator, try again later';
    case 'replayed':
      return errorTexts.loginTokenMismatch;
    case 'client-id':
      return errorTexts.loginClientIdOnline(clientId, user);
    case 'clients':
      return 'too many clients with this token';
  }
}
