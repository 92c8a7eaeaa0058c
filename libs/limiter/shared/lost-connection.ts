/** What ioredis says where it has no system error to name. */
const CLOSED = /connection is closed|stream isn't writeable|max retries per request/i;

/** Whether a call failed because nobody is there, and the next one would fail as well. */
export function isLostConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  // ECONNREFUSED, EPIPE, ERR_IPC_CHANNEL_CLOSED…: the codes of Node itself. Replies of a server carry none.
  if (typeof code === 'string' && code.startsWith('E')) return true;
  return CLOSED.test(error.message) || isLostConnection(error.cause);
}
