import type { Log } from '@tollgate/observability';
import {
  newTunnelTokenId,
  newTunnelTokenValue,
  type TunnelTokenDocument,
  type TunnelTokens,
} from '@tollgate/tunnel-tokens';
import { TEST_EPOCH_MS } from '../fake-clock';

/** Tunnel tokens over one driver, as the contract suites see them. The source is live. */
export interface TunnelTokensUnderTest extends TunnelTokens {
  /** Messages of the source's warnings so far. */
  readonly warnings: readonly string[];

  /** Stores values past the repository, as somebody does by hand; `text` need not be JSON. */
  putByHand(entries: Readonly<Record<string, string>>): Promise<void>;
  deleteByHand(value: string): Promise<void>;

  /** Opens the same data once more, the way another process would, and does not start its source. */
  openAnother(): Promise<TunnelTokens>;

  /** Closes what was opened and removes the data. */
  teardown(): Promise<void>;
}

/** Opens an empty store of tunnel tokens. The cases of a suite share one and keep apart by their own values. */
export type TunnelTokensSetup = () => Promise<TunnelTokensUnderTest>;

const SETUP_TIMEOUT_MS = 60_000;

/** Opens a store around the cases of the surrounding `describe`; call the result inside a case to get it. */
export function useTunnelTokens(setup: TunnelTokensSetup): () => TunnelTokensUnderTest {
  let opened: TunnelTokensUnderTest | undefined;
  beforeAll(async () => {
    opened = await setup();
  }, SETUP_TIMEOUT_MS);
  afterAll(async () => {
    await opened?.teardown();
  }, SETUP_TIMEOUT_MS);
  return () => {
    if (opened === undefined) throw new Error('the tunnel tokens are open only while a case runs');
    return opened;
  };
}

/** A document as the api writes it, with a value and an id of its own; `undefined` takes a field away. */
export function buildTunnelTokenDocument(overrides: TunnelTokenDocument = {}): TunnelTokenDocument & { token: string } {
  const document: Record<string, unknown> = {
    token: newTunnelTokenValue(),
    id: newTunnelTokenId(),
    region: 'eu',
    enabled: true,
    createdAt: new Date(TEST_EPOCH_MS).toISOString(),
    ...overrides,
  };
  return JSON.parse(JSON.stringify(document)) as TunnelTokenDocument & { token: string };
}

/** A log that keeps the messages of warnings. */
export function warningLog(): { readonly log: Log; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const ignore = (): void => undefined;
  const warn = (_fields: object, message: string): void => {
    warnings.push(message);
  };
  return { log: { debug: ignore, info: ignore, warn, error: warn }, warnings };
}
