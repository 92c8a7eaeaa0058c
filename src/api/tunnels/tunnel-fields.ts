import { TUNNEL_TOKEN_SETTINGS, type TunnelTokenSetting, findFieldErrors } from '@tollgate/tunnel-tokens';
import { z } from 'zod';
import { PRINTABLE } from '../http/fields';

const MAX_DESCRIPTION = 512;
const MAX_REGION = 128;
const PORT_ENTRY_RULE = 'must list {"single":n} or {"start":a,"end":b}, and nothing else in them';

/** Settings that requests may name. Whether an account is suspended is decided elsewhere. */
type RequestSetting = Exclude<TunnelTokenSetting, 'suspended'>;

/** What each setting is called in requests and answers; documents have names of the original's. */
export const FIELD_OF = {
  region: 'region',
  enabled: 'enabled',
  allowPorts: 'allow_ports',
  maxPortsPerClient: 'max_ports_per_client',
  bandwidthLimit: 'bandwidth_limit',
  trafficReportIntervalMB: 'traffic_report_interval_mb',
  description: 'description',
  expiresAt: 'expires_at',
  maxClients: 'max_clients',
  maxPorts: 'max_ports',
  maxConnections: 'max_connections',
  allowIPs: 'allow_ips',
  monthlyTrafficGB: 'monthly_traffic_gb',
  monthlyTrafficPolicy: 'monthly_traffic_policy',
  subdomains: 'subdomains',
  customDomains: 'custom_domains',
} as const satisfies Record<RequestSetting, string>;

/** In the order of documents. */
export const REQUEST_SETTINGS = TUNNEL_TOKEN_SETTINGS.filter(
  (setting): setting is RequestSetting => setting !== 'suspended',
);

type Field = z.ZodOptional<z.ZodUnknown>;

/** A field that is read as documents are, so that requests can say nothing that gateways would not take. */
const field = (
  setting: RequestSetting,
  meta: Record<string, unknown>,
  check?: (value: unknown) => string | undefined,
): Field =>
  z
    .unknown()
    .superRefine((value, context) => {
      const [wrong] = findFieldErrors({ [setting]: value });
      const message = wrong?.reason ?? check?.(value);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta(meta)
    .optional();

const count = (setting: RequestSetting, description: string): Field =>
  field(setting, { type: ['integer', 'null'], minimum: 0, description });

const names = (setting: RequestSetting, description: string, example: readonly string[]): Field =>
  field(setting, { type: ['array', 'null'], items: { type: 'string' }, description, example });

/** What a token can be given. `null`, where it is taken, is the same as nothing. */
export const tunnelFields = {
  region: field(
    'region',
    { type: 'string', example: 'eu', description: 'Must equal the region of the gateways that serve it.' },
    (value) => (value === undefined ? undefined : (notGiven(value) ?? textFault(value, MAX_REGION))),
  ),
  enabled: field('enabled', { type: 'boolean', example: true }, (value) =>
    value === null ? 'must be true or false' : undefined,
  ),
  allow_ports: field(
    'allowPorts',
    {
      type: ['array', 'null'],
      items: {
        type: 'object',
        properties: { single: { type: 'integer' }, start: { type: 'integer' }, end: { type: 'integer' } },
      },
      description: "Remote ports that it may take, in place of the gateway's own; an empty list: none.",
      example: [{ start: 20_000, end: 20_099 }, { single: 25_000 }],
    },
    (value) => (Array.isArray(value) && !value.every(isPortEntry) ? PORT_ENTRY_RULE : undefined),
  ),
  max_ports_per_client: count('maxPortsPerClient', "Of one frpc; 0: any number. Absent: the gateway's."),
  bandwidth_limit: field('bandwidthLimit', {
    type: ['string', 'null'],
    description: 'Of each proxy a second, both directions together; empty: none.',
    example: '10MB',
  }),
  traffic_report_interval_mb: count('trafficReportIntervalMB', 'Traffic is reported each so many MiB; 0: not at all.'),
  description: field(
    'description',
    { type: ['string', 'null'], maxLength: MAX_DESCRIPTION, example: 'office' },
    (value) => textFault(value, MAX_DESCRIPTION),
  ),
  expires_at: field('expiresAt', {
    type: ['string', 'null'],
    format: 'date-time',
    example: '2027-01-31T00:00:00Z',
  }),
  max_clients: count('maxClients', 'Clients at once; 0: any number.'),
  max_ports: count('maxPorts', 'Ports over all clients; 0: any number.'),
  max_connections: count('maxConnections', 'Connections of users at once; 0: any number.'),
  allow_ips: names('allowIPs', 'Addresses and networks that its clients may come from.', ['203.0.113.0/24']),
  monthly_traffic_gb: field('monthlyTrafficGB', {
    type: ['number', 'null'],
    minimum: 0,
    description: 'In and out together, a calendar month in UTC; 0: any amount.',
    example: 500,
  }),
  monthly_traffic_policy: field('monthlyTrafficPolicy', {
    enum: ['refuse', 'throttle', null],
    description: 'What becomes of it when the month is used up.',
  }),
  subdomains: names('subdomains', 'Subdomains that it may claim.', ['web']),
  custom_domains: names('customDomains', 'Domains that it may claim.', ['www.example.com']),
} satisfies Record<(typeof FIELD_OF)[RequestSetting], Field>;

/** A body with any of {@link tunnelFields}. */
export type TunnelFieldValues = { readonly [F in keyof typeof tunnelFields]?: unknown };

/** The fields of a body as documents have them; what the body does not name is not there. */
export function toSettings(body: TunnelFieldValues): Partial<Record<RequestSetting, unknown>> {
  const named = REQUEST_SETTINGS.filter((setting) => body[FIELD_OF[setting]] !== undefined);
  return Object.fromEntries(named.map((setting) => [setting, body[FIELD_OF[setting]]]));
}

/** Settings of a document as answers have them; what is absent there stays so. */
export function toFields(document: Readonly<Record<string, unknown>>): TunnelFieldValues {
  const present = REQUEST_SETTINGS.filter((setting) => (document[setting] ?? undefined) !== undefined);
  return Object.fromEntries(present.map((setting) => [FIELD_OF[setting], document[setting]]));
}

/** Documents are read as frp reads them, which passes over what it does not know; of a request that would be a misspelt limit. */
function isPortEntry(item: object): boolean {
  const keys = Object.keys(item).sort().join();
  return keys === 'single' || keys === 'end,start';
}

function notGiven(value: unknown): string | undefined {
  return value === null ? 'must be a text' : undefined;
}

function textFault(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (value.length > maxLength) return `must have at most ${String(maxLength)} characters`;
  return PRINTABLE.test(value) ? undefined : 'must not contain control characters or broken Unicode';
}
