/**
 * The {@link ChangeFeed} of the whole installation: the store's own, with what Redis carries from other processes where
 * there is Redis.
 */
export const INSTALLATION_CHANGES = Symbol('INSTALLATION_CHANGES');
