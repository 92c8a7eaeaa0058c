import type { OpenAPIObject } from '@nestjs/swagger';

type PathItem = OpenAPIObject['paths'][string];
type Components = NonNullable<OpenAPIObject['components']>;
type Schema = NonNullable<Components['schemas']>[string];
type Headers = NonNullable<Components['headers']>;

const TIME = { type: 'string', format: 'date-time', example: '2026-01-04T10:00:00.000Z' } as const;
const SCOPES = { type: 'array', items: { type: 'string' }, example: ['storage:*'] };

const tokenInfo: Schema = {
  type: 'object',
  required: ['token_id', 'scope', 'is_active'],
  properties: {
    token_id: { type: 'string', example: 'tk_4fJ8sQ2mZk1xWc9vB7nR0L' },
    account_id: { type: 'string', description: 'Absent for an account `qiniu_{uid}`, which has `uid` instead.' },
    uid: { type: 'string' },
    iuid: { type: 'string' },
    iam_alias: { type: 'string' },
    scope: SCOPES,
    is_active: { type: 'boolean' },
    expires_at: TIME,
    last_used_at: { ...TIME, description: 'The use before this one; absent when there was none.' },
    user_info: {
      type: 'object',
      nullable: true,
      additionalProperties: true,
      description: 'validateu only; null when the user directory can not say.',
    },
  },
};

const requestedScope: Schema = {
  oneOf: [
    { type: 'string', example: 'storage:write' },
    { type: 'array', maxItems: 64, items: { type: 'string' } },
  ],
  description: 'A scope, or a list of scopes that must all be granted.',
};

const schemas: Record<string, Schema> = {
  ValidateRequest: { type: 'object', properties: { required_scope: requestedScope } },
  ValidToken: {
    type: 'object',
    required: ['valid', 'message', 'token_info'],
    properties: {
      valid: { type: 'boolean', enum: [true] },
      message: { type: 'string', example: 'Token is valid' },
      token_info: tokenInfo,
      permission_check: {
        type: 'object',
        required: ['requested', 'granted'],
        properties: { requested: requestedScope, granted: { type: 'boolean', enum: [true] } },
      },
    },
  },
  RefusedToken: {
    oneOf: [
      {
        type: 'object',
        required: ['valid', 'message'],
        properties: {
          valid: { type: 'boolean', enum: [false] },
          message: {
            type: 'string',
            enum: [
              'Token not found',
              'Token is inactive',
              'Token has expired',
              'Account is suspended',
              'Permission denied',
            ],
          },
          permission_check: {
            type: 'object',
            properties: { requested: requestedScope, granted: { type: 'boolean', enum: [false] } },
          },
        },
      },
      { $ref: '#/components/schemas/Error' },
    ],
  },
};

const LAYERS = ['App', 'Account', 'Token'] as const;
const WHOLE = { type: 'integer', minimum: 0 } as const;

/** A layer's three stand on an answer only where the layer limits the request. */
const limitHeaders: Headers = {
  ...Object.fromEntries(
    LAYERS.flatMap((layer) => [
      [`X-RateLimit-Limit-${layer}`, { description: 'The limit of the window with the least left.', schema: WHOLE }],
      [`X-RateLimit-Remaining-${layer}`, { description: 'What is left of it.', schema: WHOLE }],
      [`X-RateLimit-Reset-${layer}`, { description: 'When it gains room next, in Unix seconds.', schema: WHOLE }],
    ]),
  ),
  'RateLimit-Policy': {
    description: 'Every limited window: `q` requests in `w` seconds (draft-ietf-httpapi-ratelimit-headers).',
    schema: { type: 'string', example: '"app-minute";q=1000;w=60, "token-minute";q=10;w=60' },
  },
  RateLimit: {
    description: 'The window with the least left of each layer: `r` requests are left, it gains room in `t` seconds.',
    schema: { type: 'string', example: '"app-minute";r=993;t=61, "token-minute";r=3;t=42' },
  },
  'X-RateLimit-Degraded': {
    description:
      'Only while the counters that all processes share do not answer. `local`: this process counted alone, against its ' +
      'share of the limits; `open`: nobody counted.',
    schema: { type: 'string', enum: ['local', 'open'] },
  },
};

const limitHeaderRefs: Headers = Object.fromEntries(
  Object.keys(limitHeaders).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);

/** Adds the two routes that live on Fastify itself, where Nest's scanner does not see them. */
export function describeValidation(document: OpenAPIObject): void {
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...schemas },
    headers: { ...document.components?.headers, ...limitHeaders },
  };
  document.paths['/api/v2/validate'] = path('validate', 'Say whether a token may pass');
  document.paths['/api/v2/validateu'] = path('validateu', 'The same, with the user behind the token');
}

function path(operationId: string, summary: string): PathItem {
  const json = (schema: string): { 'application/json': { schema: { $ref: string } } } => ({
    'application/json': { schema: { $ref: `#/components/schemas/${schema}` } },
  });
  return {
    post: {
      operationId,
      summary,
      description:
        'Checked in this order: the token, its state and expiry, its account, the scopes, and last the limits of the ' +
        'application, the account and the token. Only a token that may pass spends the latter two.',
      tags: ['Validation'],
      security: [{ bearer: [] }],
      parameters: [
        {
          name: 'Cache-Control',
          in: 'header',
          required: false,
          description: '`no-cache` asks for a fresh look at a known token, at most once a second for each.',
          schema: { type: 'string', example: 'no-cache' },
        },
      ],
      requestBody: { required: false, content: json('ValidateRequest') },
      responses: {
        200: { description: 'It may pass.', headers: limitHeaderRefs, content: json('ValidToken') },
        400: { description: 'The request is malformed.', content: json('Error') },
        401: {
          description: 'It may not pass, or no token was sent.',
          headers: {
            ...limitHeaderRefs,
            'WWW-Authenticate': { description: 'RFC 6750, section 3.', schema: { type: 'string' } },
          },
          content: json('RefusedToken'),
        },
        413: { description: 'The body is too large.', content: json('Error') },
        429: {
          description:
            'A limit is reached, and `error` says whose: `Application`, `Account` or `Token rate limit exceeded`. Or the ' +
            'address has shown too many unknown tokens: `too many requests from this address`.',
          headers: limitHeaderRefs,
          content: json('Error'),
        },
        503: { description: 'The store does not answer, or limits can not be checked.', content: json('Error') },
      },
    },
  };
}
