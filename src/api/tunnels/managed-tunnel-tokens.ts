import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { TollgateError } from '@tollgate/domain';
import type { TunnelToken, TunnelTokenRepository, TunnelTokens } from '@tollgate/tunnel-tokens';

/** The tunnel tokens that this installation manages, if it manages any. */
export class ManagedTunnelTokens implements OnModuleInit, BeforeApplicationShutdown {
  /** @param tokens `undefined` where there are none to manage */
  constructor(private readonly tokens: TunnelTokens | undefined) {}

  /**
   * Where to read and change them.
   * @throws TollgateError `not_supported` where there are none to manage, `unavailable` while what is known may be old
   */
  get repository(): TunnelTokenRepository {
    if (this.tokens === undefined) throw tunnelsNotManaged();
    if (this.tokens.source.state !== 'live') {
      throw new TollgateError('unavailable', 'the tunnel token store is unavailable', { retryAfterSeconds: 1 });
    }
    return this.tokens.repository;
  }

  /** By value, as last known. */
  get known(): ReadonlyMap<string, TunnelToken> {
    return this.tokens?.source.tokens ?? new Map<string, TunnelToken>();
  }

  /** Whether there are any to manage. */
  get isManaged(): boolean {
    return this.tokens !== undefined;
  }

  /** Whether every token is known and news of changes come. */
  get isLive(): boolean {
    return this.tokens?.source.state === 'live';
  }

  /** Told whenever the store is there, for the first time or again. */
  onLive(listener: () => void): void {
    this.tokens?.source.onStatus(({ state }) => {
      if (state === 'live') listener();
    });
  }

  async onModuleInit(): Promise<void> {
    await this.tokens?.source.start();
  }

  /** After the last request, which `stopOnSignals` has waited for, and before the record store closes. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.tokens?.source.close();
  }
}

/** Said where gateways know a single token, or one store only that the api does not share. */
export function tunnelsNotManaged(): TollgateError {
  return new TollgateError('not_supported', 'tunnel tokens are not managed in this configuration');
}
