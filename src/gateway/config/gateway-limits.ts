import { duration, integer } from '@tollgate/config';
import type { z } from 'zod';
import type { OptionReader } from './file/option-reader';

/** What strangers and tenants may ask of the gateway. */
export interface GatewayLimits {
  /** Connections that have not introduced themselves, from everywhere. Further ones are closed unheard. */
  readonly maxPending: number;
  /** The same from one address. */
  readonly maxPendingPerAddress: number;
  /** How long a connection may take to introduce itself and log in, in milliseconds; then it is closed. */
  readonly handshakeMs: number;
  /** Streams that one client may have open in its connection. Further ones are reset. */
  readonly maxStreamsPerSession: number;
  /** Clients that may be logged in with one token; the token may say less. Further logins are refused. */
  readonly maxSessionsPerToken: number;
  /** Proxies that one client may have, of whatever type. Further ones are refused. */
  readonly maxProxiesPerClient: number;
  /** The same of all clients of a token. */
  readonly maxProxiesPerToken: number;
  /** Logins that fail, a minute, from one address; then logins from there that would take a search are refused. */
  readonly maxLoginFailuresPerAddress: number;
  /** The same from everywhere. */
  readonly maxLoginFailures: number;
  /** Bytes by which the receive windows of all clients' streams may grow together; beyond, they keep their first size. */
  readonly windowBudgetBytes: number;
}

interface Limit {
  readonly field: keyof GatewayLimits;
  /** In the file, in seconds where `unit` is `ms`. */
  readonly option: string;
  readonly variable: `GATEWAY_${string}`;
  /** In the unit of the field. */
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
  readonly unit?: 'ms';
}

const SECOND_MS = 1_000;

/** Every limit: where it is set, and what it is otherwise. */
export const LIMITS = [
  {
    field: 'maxPending',
    option: 'limits.maxPending',
    variable: 'GATEWAY_MAX_PENDING',
    fallback: 5_000,
    min: 1,
    max: 1_000_000,
  },
  {
    field: 'maxPendingPerAddress',
    option: 'limits.maxPendingPerAddress',
    variable: 'GATEWAY_MAX_PENDING_PER_ADDRESS',
    // A client without tcpMux opens a connection for each of its users'.
    fallback: 1_000,
    min: 1,
    max: 1_000_000,
  },
  {
    field: 'handshakeMs',
    option: 'limits.handshakeTimeout',
    variable: 'GATEWAY_HANDSHAKE_TIMEOUT',
    fallback: 10_000,
    min: 1_000,
    max: 300_000,
    unit: 'ms',
  },
  {
    field: 'maxStreamsPerSession',
    option: 'limits.maxStreamsPerSession',
    variable: 'GATEWAY_MAX_STREAMS_PER_SESSION',
    fallback: 16_384,
    min: 16,
    max: 1_000_000,
  },
  {
    field: 'maxSessionsPerToken',
    option: 'limits.maxSessionsPerToken',
    variable: 'GATEWAY_MAX_SESSIONS_PER_TOKEN',
    fallback: 10_000,
    min: 1,
    max: 1_000_000,
  },
  {
    field: 'maxProxiesPerClient',
    option: 'limits.maxProxiesPerClient',
    variable: 'GATEWAY_MAX_PROXIES_PER_CLIENT',
    fallback: 2_000,
    min: 1,
    max: 1_000_000,
  },
  {
    field: 'maxProxiesPerToken',
    option: 'limits.maxProxiesPerToken',
    variable: 'GATEWAY_MAX_PROXIES_PER_TOKEN',
    fallback: 20_000,
    min: 1,
    max: 1_000_000,
  },
  {
    field: 'maxLoginFailuresPerAddress',
    option: 'limits.maxLoginFailuresPerAddress',
    variable: 'GATEWAY_MAX_LOGIN_FAILURES_PER_ADDRESS',
    fallback: 60,
    min: 1,
    max: 1_000_000,
  },
  {
    field: 'maxLoginFailures',
    option: 'limits.maxLoginFailures',
    variable: 'GATEWAY_MAX_LOGIN_FAILURES',
    fallback: 600,
    min: 1,
    max: 1_000_000,
  },
  {
    field: 'windowBudgetBytes',
    option: 'limits.windowBudgetBytes',
    variable: 'GATEWAY_WINDOW_BUDGET_BYTES',
    fallback: 268_435_456,
    min: 0,
    max: 1_099_511_627_776,
  },
] as const satisfies readonly Limit[];

type LimitVariable = (typeof LIMITS)[number]['variable'];

/** The variables that set limits, for the schema of the environment. */
export const limitVariables = Object.fromEntries(
  LIMITS.map((limit: Limit) => [limit.variable, variableOf(limit).optional()]),
) as Record<LimitVariable, z.ZodOptional<z.ZodType<number>>>;

/** Each limit from the environment, else from the file, else its default. */
export function readLimits(
  reader: OptionReader,
  env: Readonly<Partial<Record<LimitVariable, number | undefined>>>,
  {
    report,
    nameOf,
  }: {
    readonly report: (setting: string, rule: string) => void;
    readonly nameOf: (variable: string, option: string) => string;
  },
): GatewayLimits {
  const values = LIMITS.map((limit: Limit & { variable: LimitVariable }): [keyof GatewayLimits, number] => {
    const { field, option, variable, fallback, min, max, unit } = limit;
    const scale = unit === 'ms' ? SECOND_MS : 1;
    const inFile = reader.integer(option, { min: min / scale, max: max / scale });
    return [field, env[variable] ?? (inFile === undefined ? fallback : inFile * scale)];
  });
  const limits = Object.fromEntries(values) as Record<keyof GatewayLimits, number>;
  if (limits.maxLoginFailures < limits.maxLoginFailuresPerAddress) {
    const name = nameOf('GATEWAY_MAX_LOGIN_FAILURES', 'limits.maxLoginFailures');
    report(name, 'must not be less than GATEWAY_MAX_LOGIN_FAILURES_PER_ADDRESS');
  }
  return limits;
}

function variableOf({ min, max, unit }: Limit): z.ZodType<number> {
  if (unit === undefined) return integer(undefined, { min, max });
  return duration(undefined, { min: `${String(min)}ms`, max: `${String(max)}ms` });
}
