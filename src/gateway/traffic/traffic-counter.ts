/** What passes through one proxy of one token: plain numbers that are added to for each chunk, and read now and then. */
export class TrafficCounter {
  /** Bytes from users to the client. */
  inBytes = 0;
  /** Bytes from the client to users. */
  outBytes = 0;
  /** User connections that are open. */
  connections = 0;

  /**
   * @param tokenId `tt_…`
   * @param proxyName as the client calls it, its user in front
   */
  constructor(
    readonly tokenId: string,
    readonly proxyName: string,
  ) {}
}
