import { Redis } from 'ioredis';

const TIMEOUT_MS = 2000;

/**
 * Sends one command to a server or sentinel on this machine, over a connection of its own.
 * @returns the reply; text, numbers, or lists of these
 * @throws Error when the server refuses it, is silent, or is not there
 */
export async function redisCommand(port: number, command: string, ...args: readonly string[]): Promise<unknown> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    enableReadyCheck: false,
    retryStrategy: null,
  });
  // The command fails with it.
  client.on('error', () => undefined);
  try {
    return await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}
