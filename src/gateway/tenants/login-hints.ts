import { LRUCache } from 'lru-cache';
import type { RunIdHints } from './run-id-hints';

/** Clients whose token is remembered, by run id, by address and by user. */
const MAX_HINTS = 32_000;

/** What is known of a client before its token is. */
export interface ClientTraits {
  /** Empty when it says none. */
  readonly runId: string;
  readonly address: string;
  /** Empty when it says none. */
  readonly user: string;
}

/** Guesses whose token a client has, by what it had before; whoever asks must make sure. */
export class LoginHints {
  private readonly byRunId = new LRUCache<string, string>({ max: MAX_HINTS });
  private readonly byAddress = new LRUCache<string, string>({ max: MAX_HINTS });
  private readonly byUser = new LRUCache<string, string>({ max: MAX_HINTS });

  constructor(private readonly runIds: RunIdHints) {}

  /** A few tokens, the likeliest first; some may be gone. */
  *candidates({ runId, address, user }: ClientTraits): Generator<string, void, void> {
    const known = this.byRunId.get(runId);
    if (known !== undefined) yield known;
    yield* this.runIds.candidates(runId);
    const ofAddress = this.byAddress.get(address);
    if (ofAddress !== undefined) yield ofAddress;
    const ofUser = this.byUser.get(user);
    if (ofUser !== undefined) yield ofUser;
  }

  /** Call when the client has proved it. */
  remember(token: string, { runId, address, user }: ClientTraits): void {
    this.byAddress.set(address, token);
    if (user !== '') this.byUser.set(user, token);
    // One of ours tells by itself.
    if (runId !== '' && !this.runIds.candidates(runId).includes(token)) this.byRunId.set(runId, token);
  }
}
