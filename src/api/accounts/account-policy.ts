/** How accounts come to be, as the settings say. */
export class AccountPolicy {
  /**
   * @param external accounts live in an external directory; nothing here registers them or changes their secrets
   * @param openRegistration anybody may register; else only an operator
   */
  constructor(
    readonly external: boolean,
    readonly openRegistration: boolean,
  ) {}
}
