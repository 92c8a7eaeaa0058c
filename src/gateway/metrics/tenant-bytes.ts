/** Tenants that are told apart; the traffic of further ones is told in one sum. */
const MAX_TENANTS = 1_000;
const OTHERS = 'other';

export interface BytesMoved {
  inBytes: number;
  outBytes: number;
}

/** What each tenant has moved since the start: with a bound on how many are told apart, as every label costs the scraper. */
export class TenantBytes {
  private readonly byToken = new Map<string, BytesMoved>();

  /** @param tokenId `tt_…` */
  add(tokenId: string, inBytes: number, outBytes: number): void {
    const label = this.byToken.has(tokenId) || this.byToken.size < MAX_TENANTS ? tokenId : OTHERS;
    const moved = this.byToken.get(label);
    if (moved === undefined) this.byToken.set(label, { inBytes, outBytes });
    else {
      moved.inBytes += inBytes;
      moved.outBytes += outBytes;
    }
  }

  entries(): Iterable<readonly [tokenId: string, moved: Readonly<BytesMoved>]> {
    return this.byToken;
  }
}
