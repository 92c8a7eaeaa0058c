import type { PresentClient } from '@tollgate/domain';
import { z } from 'zod';
import { pageQuery, plainText } from '../../http/fields';
import type { Kick } from './tunnel-clients.service';

/** A day. */
const MAX_BLOCK_SECONDS = 86_400;
const DEFAULT_BLOCK_SECONDS = 60;
const MAX_PROXY_NAME = 256;

export const listClientsQuery = z.strictObject({
  token_id: z
    .string()
    .regex(/^tt_[0-9A-Za-z]{22}$/, 'must be the id of a tunnel token')
    .optional()
    .meta({ example: 'tt_4fJ8sQ2mZk1xWc9vB7nR0L' }),
  ...pageQuery,
});

export const kickBody = z
  .strictObject({
    block_seconds: z
      .number()
      .int('must be a whole number')
      .min(0, 'must not be negative')
      .max(MAX_BLOCK_SECONDS, `must be at most ${String(MAX_BLOCK_SECONDS)}`)
      .default(DEFAULT_BLOCK_SECONDS)
      .meta({ description: 'How long it is refused afterwards; frpc comes back at once otherwise.' }),
    proxy: plainText(MAX_PROXY_NAME).optional().meta({ description: 'Closes this proxy and not the client.' }),
  })
  .optional()
  .meta({ id: 'KickTunnelClientRequest' });

const tunnelProxy = z.object({
  name: z.string().meta({ example: 'web' }),
  type: z.string().meta({ example: 'tcp' }),
  remote_address: z.string().meta({ example: ':20000' }),
  connections: z.number().meta({ example: 3, description: 'Of users, at the moment.' }),
  in_bytes: z.number().meta({ example: 52_428_800, description: 'From users to the client, since it is there.' }),
  out_bytes: z.number().meta({ example: 10_485_760, description: 'From the client to users, since it is there.' }),
});

const tunnelClient = z
  .object({
    token_id: z.string().meta({ example: 'tt_4fJ8sQ2mZk1xWc9vB7nR0L' }),
    account_id: z.string().optional().meta({ example: 'acc_4fJ8sQ2mZk1xWc9vB7nR0L' }),
    run_id: z.string().meta({ example: 'a3f1c09b2d4e5f67' }),
    client_address: z.string().meta({ example: '203.0.113.7:40000' }),
    version: z.string().meta({ example: '0.70.1' }),
    gateway_id: z.string().meta({ example: 'gw_eu_1' }),
    connected_at: z.string().meta({ format: 'date-time', example: '2026-01-04T10:00:00.000Z' }),
    proxies: z.array(tunnelProxy),
  })
  .meta({ id: 'TunnelClient' });

export const tunnelClientList = z
  .object({
    clients: z.array(tunnelClient),
    total: z.number().meta({ example: 1 }),
    limit: z.number().meta({ example: 50 }),
    offset: z.number().meta({ example: 0 }),
  })
  .meta({ id: 'TunnelClientList' });

export const tunnelClientKicked = z
  .object({ message: z.string().meta({ example: 'Gateways were told' }) })
  .meta({ id: 'TunnelClientKicked' });

export const KICKED: z.output<typeof tunnelClientKicked> = { message: 'Gateways were told' };

export function toKick(body: z.output<typeof kickBody>): Kick {
  const { block_seconds: blockSeconds = DEFAULT_BLOCK_SECONDS, proxy } = body ?? {};
  return { blockSeconds, ...(proxy === undefined ? {} : { proxy }) };
}

export function tunnelClientView(client: PresentClient): z.output<typeof tunnelClient> {
  return {
    token_id: client.tokenId,
    ...(client.accountId === undefined ? {} : { account_id: client.accountId }),
    run_id: client.runId,
    client_address: client.clientAddress,
    version: client.version,
    gateway_id: client.gatewayId,
    connected_at: new Date(client.sinceMs).toISOString(),
    proxies: client.proxies.map((proxy) => ({
      name: proxy.name,
      type: proxy.type,
      remote_address: proxy.remoteAddress,
      connections: proxy.connections,
      in_bytes: proxy.inBytes,
      out_bytes: proxy.outBytes,
    })),
  };
}
