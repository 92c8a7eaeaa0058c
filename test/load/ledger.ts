/** What a validation tells of a token: `active` is valid, `disabled` is "Token is inactive", `deleted` "Token not found". */
export type TokenState = 'active' | 'disabled' | 'deleted';

export interface KnownAccount {
  readonly id: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Tokens that exist and that nobody is changing right now. */
  readonly idle: KnownToken[];
}

export interface KnownToken {
  readonly id: string;
  readonly value: string;
  readonly account: KnownAccount;
  /** As last acknowledged. */
  state: TokenState;
  /** Asked for and not answered yet: after a crash either this or `state` holds. */
  pending: TokenState | undefined;
}

/** Everything that the api has acknowledged, as its clients know it. */
export class Ledger {
  readonly accounts: KnownAccount[] = [];
  readonly tokens: KnownToken[] = [];
  /** Changes acknowledged, creations included. */
  acknowledged = 0;
  /** Changes that a crash left without an answer. */
  unanswered = 0;

  addAccount(account: Omit<KnownAccount, 'idle'>): void {
    this.accounts.push({ ...account, idle: [] });
    this.acknowledged += 1;
  }

  addToken(account: KnownAccount, id: string, value: string): void {
    const token: KnownToken = { id, value, account, state: 'active', pending: undefined };
    this.tokens.push(token);
    account.idle.push(token);
    this.acknowledged += 1;
  }

  /** The change that was asked for has been acknowledged. */
  settle(token: KnownToken): void {
    token.state = token.pending ?? token.state;
    token.pending = undefined;
    if (token.state !== 'deleted') token.account.idle.push(token);
    this.acknowledged += 1;
  }

  /**
   * Takes over what the api says after a crash.
   * @returns whether that is what was acknowledged, or else the change that was left without an answer
   */
  reconcile(token: KnownToken, observed: TokenState | undefined): boolean {
    const wasPending = token.pending !== undefined;
    const allowed = observed !== undefined && (observed === token.state || observed === token.pending);
    token.state = observed ?? token.state;
    token.pending = undefined;
    if (wasPending && token.state !== 'deleted') token.account.idle.push(token);
    return allowed;
  }
}
