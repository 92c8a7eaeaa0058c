import { TokenValidator, TollgateClient, type Verdict } from '@tollgate/client';
import type { KnownToken, Ledger, TokenState } from './ledger';

const AT_ONCE = 32;

/**
 * Asks the restarted api about everything in the ledger, which takes over what it says.
 * @returns what contradicts an acknowledgement, in words; empty when all is well
 */
export async function survey(url: string, ledger: Ledger): Promise<readonly string[]> {
  const contradictions: string[] = [];
  const validator = new TokenValidator({ baseUrl: url });
  await inParallel(ledger.tokens, async (token) => {
    const verdict = await validator.validate(token.value, { requiredScope: 'storage:read' });
    const { state, pending } = token;
    const observed = stateIn(verdict, token);
    if (!ledger.reconcile(token, observed)) {
      const told = verdict.valid ? 'valid' : verdict.message;
      contradictions.push(`token ${token.id} was ${state}, or on its way to ${String(pending)}, and is: ${told}`);
    }
  });
  const open = new TollgateClient({ baseUrl: url });
  await inParallel(ledger.accounts, async ({ id, accessKey, secretKey }) => {
    const me = await open.withCredentials(accessKey, secretKey).me();
    if (me.id !== id) contradictions.push(`the keys of account ${id} are those of ${me.id}`);
  });
  return contradictions;
}

/** `undefined` for a verdict that no state of ours explains. */
function stateIn(verdict: Verdict, token: KnownToken): TokenState | undefined {
  if (verdict.valid) return verdict.token_info.token_id === token.id ? 'active' : undefined;
  switch (verdict.reason) {
    case 'inactive':
      return 'disabled';
    case 'not_found':
      return 'deleted';
    default:
      return undefined;
  }
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}
