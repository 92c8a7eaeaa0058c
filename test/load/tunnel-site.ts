import { eventually } from '../support/eventually';
import { FrpClient } from '../support/frp-client';
import { freePort } from '../support/free-port';
import type { ProxyOptions } from '../support/frp-client';

const HEARD_MS = 10_000;

/** Jest would put a stack trace below each line of the console. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}

/** @throws when it has not come in time, with what has not */
export async function within<T>(timeoutMs: number, promise: Promise<T>, what: string): Promise<T> {
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => {
      reject(new Error(`not ${what} within ${String(timeoutMs)} ms`));
    }, timeoutMs).unref();
  });
  return Promise.race([promise, late]);
}

/** Computing that {@link slowness} tries. */
const TRIED_CPU_MICROSECONDS = 50_000;

/** How many times as long as it should a computation takes now, because others have the machine's cores; 1 at least. */
export function slowness(): number {
  const begunMs = performance.now();
  const before = process.cpuUsage();
  const used = (): number => {
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  while (used() < TRIED_CPU_MICROSECONDS);
  return Math.max(1, (performance.now() - begunMs) / (TRIED_CPU_MICROSECONDS / 1_000));
}

/** Logs in as soon as the gateway has heard of the token. */
export async function logIn(port: number, token: string, withinMs = HEARD_MS): Promise<FrpClient> {
  let client: FrpClient | undefined;
  await eventually(withinMs, async () => {
    client = await FrpClient.connect({ port, token });
  });
  if (client === undefined) throw new Error('no client');
  return client;
}

/** Opens a tcp proxy. @returns the port for its users */
export async function openTcp(
  client: FrpClient,
  local: ProxyOptions['local'],
  fields: Partial<ProxyOptions> = {},
): Promise<number> {
  const remotePort = await freePort();
  const { error } = await client.addProxy({ name: 'web', type: 'tcp', local, remotePort, ...fields });
  if (error !== '') throw new Error(error);
  return remotePort;
}

/** How a login without TLS goes: `admitted`, or the words of the refusal. */
export async function loginResult(port: number, token: string): Promise<string> {
  try {
    (await FrpClient.connect({ port, token, tls: 'off' })).kill();
    return 'admitted';
  } catch (error) {
    return (error as Error).message;
  }
}
