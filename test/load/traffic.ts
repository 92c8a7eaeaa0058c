import { TollgateClient, TollgateTransportError } from '@tollgate/client';
import type { KnownAccount, KnownToken, Ledger } from './ledger';
import type { SeededRandom } from './seeded-random';

/** Connections that change tokens at once. */
const WRITERS = 32;
const NEW_ACCOUNTS = 5;

/** Tenants that register, create, disable, enable and delete as fast as they can, until the api is gone. */
export class Traffic {
  readonly #open: TollgateClient;
  /** One client for each account: it never uses a date twice, which would look like a replay. */
  readonly #clients = new Map<KnownAccount, TollgateClient>();

  constructor(
    url: string,
    private readonly ledger: Ledger,
    private readonly random: SeededRandom,
  ) {
    this.#open = new TollgateClient({ baseUrl: url });
  }

  /**
   * Every acknowledgement goes into the ledger.
   * @returns when no connection is left
   * @throws when the api, while it lives, answers anything but success
   */
  async run(): Promise<void> {
    await Promise.all([
      this.#untilGone(async () => this.#register(), NEW_ACCOUNTS),
      ...Array.from({ length: WRITERS }, async () => this.#untilGone(async () => this.#change())),
    ]);
  }

  async #untilGone(act: () => Promise<void>, times = Number.POSITIVE_INFINITY): Promise<void> {
    try {
      for (let count = 0; count < times; count++) await act();
    } catch (error) {
      if (!(error instanceof TollgateTransportError && error.failure === 'network')) throw error;
      this.ledger.unanswered += 1;
    }
  }

  async #register(): Promise<void> {
    const email = `tenant-${String(this.ledger.accounts.length)}-${String(this.random.next())}@example.com`;
    const made = await this.#open.register({ email, company: 'Load', password: 'long enough' });
    this.ledger.addAccount({ id: made.account_id, accessKey: made.access_key, secretKey: made.secret_key });
  }

  async #change(): Promise<void> {
    const account = this.random.pick(this.ledger.accounts);
    if (account === undefined) return this.#register();
    const chance = this.random.next();
    const token = chance < 0.6 ? undefined : takeAny(account.idle, this.random);
    if (token === undefined) return this.#create(account);
    const client = this.#clientOf(account);
    if (chance < 0.8) {
      token.pending = token.state === 'active' ? 'disabled' : 'active';
      await client.setTokenStatus(token.id, token.pending === 'active');
    } else {
      token.pending = 'deleted';
      await client.deleteToken(token.id);
    }
    this.ledger.settle(token);
  }

  async #create(account: KnownAccount): Promise<void> {
    const made = await this.#clientOf(account).createToken({ description: 'load', scope: ['storage:read'] });
    this.ledger.addToken(account, made.token_id, made.token);
  }

  #clientOf(account: KnownAccount): TollgateClient {
    const known = this.#clients.get(account);
    if (known !== undefined) return known;
    const client = this.#open.withCredentials(account.accessKey, account.secretKey);
    this.#clients.set(account, client);
    return client;
  }
}

/** Takes one out, so that no other connection changes it meanwhile. */
function takeAny(tokens: KnownToken[], random: SeededRandom): KnownToken | undefined {
  return tokens.splice(random.between(0, tokens.length - 1), 1)[0];
}
