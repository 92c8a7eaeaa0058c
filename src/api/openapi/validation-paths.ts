import type { OpenAPIObject } from '@nestjs/swagger';

type PathItem = OpenAPIObject['paths'][string];
type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

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

/** Adds the two routes that live on Fastify itself, where Nest's scanner does not see them. */
export function describeValidation(document: OpenAPIObject): void {
  document.components = { ...document.components, schemas: { ...document.components?.schemas, ...schemas } };
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
      tags: ['Validation'],
      security: [{ bearer: [] }],
      requestBody: { required: false, content: json('ValidateRequest') },
      responses: {
        200: { description: 'It may pass.', content: json('ValidToken') },
        400: { description: 'The request is malformed.', content: json('Error') },
        401: { description: 'It may not pass, or no token was sent.', content: json('RefusedToken') },
        413: { description: 'The body is too large.', content: json('Error') },
        503: { description: 'The store does not answer.', content: json('Error') },
      },
    },
  };
}
