import { z } from 'zod';
import { pageQuery, plainText } from '../http/fields';
import { tunnelFields } from './tunnel-fields';
import { TUNNEL_TOKEN_STATES } from './tunnel-token-state';

/** A week. */
const MAX_OVERLAP_SECONDS = 604_800;
export const DEFAULT_OVERLAP_SECONDS = 3_600;

/** Unknown fields are refused: a limit that is misspelt would bind nothing. */
export const createTunnelBody = z.strictObject(tunnelFields).meta({ id: 'CreateTunnelTokenRequest' });

/** Everything has a default, where the installation names a region. */
export const optionalTunnelBody = createTunnelBody.optional();

const accountId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be the id of an account')
  .meta({ example: 'acc_4fJ8sQ2mZk1xWc9vB7nR0L' });

export const operatorCreateTunnelBody = z
  .strictObject({
    account_id: accountId.optional().meta({ description: 'Whose it is to be; nobody but operators see it otherwise.' }),
    ...tunnelFields,
  })
  .optional()
  .meta({ id: 'OperatorCreateTunnelTokenRequest' });

export const updateTunnelBody = z
  .strictObject(tunnelFields)
  .refine((body) => Object.values(body).some((value) => value !== undefined), 'must change something')
  .meta({ id: 'UpdateTunnelTokenRequest', example: { enabled: false, bandwidth_limit: '20MB', max_clients: null } });

export const rotateTunnelBody = z
  .strictObject({
    overlap_seconds: z
      .number()
      .int('must be a whole number')
      .min(0, 'must not be negative')
      .max(MAX_OVERLAP_SECONDS, `must be at most ${String(MAX_OVERLAP_SECONDS)}`)
      .default(DEFAULT_OVERLAP_SECONDS)
      .meta({ description: 'How long the old value works beside the new one.' }),
  })
  .optional()
  .meta({ id: 'RotateTunnelTokenRequest' });

export const listTunnelsQuery = z.strictObject({
  search: plainText(128).optional().meta({ description: 'A part of the description or the id.' }),
  ...pageQuery,
});

export const operatorTunnelsQuery = listTunnelsQuery.extend({ account_id: accountId.optional() });

const time = z.string().meta({ format: 'date-time', example: '2026-01-04T10:00:00.000Z' });
const tokenId = z.string().meta({ example: 'tt_4fJ8sQ2mZk1xWc9vB7nR0L' });

export const tunnelToken = z
  .object({
    token_id: tokenId,
    account_id: accountId.optional().meta({ description: 'Absent for one that an operator or a hand wrote.' }),
    token_preview: z.string().meta({ example: 'tgt_Xq3v…b9Ka' }),
    state: z.enum(TUNNEL_TOKEN_STATES).meta({ example: 'active' }),
    ...tunnelFields,
    enabled: z.boolean().meta({ example: true }),
    suspended: z.boolean().meta({ example: false, description: 'While its account is suspended.' }),
    created_at: time.optional(),
    superseded_by: tokenId.optional().meta({ description: 'The token that takes its place at expires_at.' }),
    supersedes: tokenId.optional().meta({ description: 'The token whose place it took.' }),
  })
  .meta({ id: 'TunnelToken' });

const value = z.string().meta({
  description: 'The value for `auth.token` of frpc, shown this once.',
  example: `tgt_${'a'.repeat(40)}`,
});

export const createdTunnelToken = tunnelToken.extend({ token: value }).meta({ id: 'CreatedTunnelToken' });

export const rotatedTunnelToken = tunnelToken
  .extend({ token: value, retiring: tunnelToken })
  .meta({ id: 'RotatedTunnelToken' });

export const tunnelTokenList = z
  .object({
    tunnels: z.array(tunnelToken),
    total: z.number().meta({ example: 1 }),
    limit: z.number().meta({ example: 50 }),
    offset: z.number().meta({ example: 0 }),
  })
  .meta({ id: 'TunnelTokenList' });

export const tunnelTokenDeleted = z
  .object({ message: z.string().meta({ example: 'Tunnel token deleted successfully' }) })
  .meta({ id: 'TunnelTokenDeleted' });
