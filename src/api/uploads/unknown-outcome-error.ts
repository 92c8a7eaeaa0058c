/**
 * Whether an upload was committed is not known. If it was, its content is needed; if not, the sweep removes it: so whoever
 * catches this leaves the content where it is.
 */
export class UnknownOutcomeError extends Error {
  override readonly name = 'UnknownOutcomeError';

  /** @param cause what the store said to the commit; for the caller to be told */
  constructor(override readonly cause: unknown) {
    super('the store does not say whether the upload was committed');
  }
}
