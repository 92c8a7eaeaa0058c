/** What the user directory says of a Qiniu user; passed on as it is, known fields only. */
export type UserInfo = Readonly<Record<string, unknown>>;

/** The directory behind `validateu`. */
export abstract class UserDirectory {
  /**
   * Never throws: a validation does not fail because the directory does.
   * @param user the token's user; `undefined` for an account that is no Qiniu user
   * @returns `undefined` when there is none, or the directory does not answer in time
   */
  abstract find(user: { readonly uid: string; readonly iuid?: string } | undefined): Promise<UserInfo | undefined>;
}
