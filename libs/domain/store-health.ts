/** Whether the record store answers. */
export abstract class StoreHealth {
  /** Short name for people, such as `sqlite` or `mongodb`. */
  abstract readonly kind: string;

  /**
   * Asks the store for a sign of life.
   * @param timeoutMs after which silence counts as a failure
   * @throws when it does not answer
   */
  abstract ping(timeoutMs: number): Promise<void>;
}
