// The yardstick: Fastify alone, a schema for the body and one for an answer of the size and shape of ours.
import Fastify from 'fastify';
import { serve } from '../../lib/serve.mjs';
import { PEER_TOKENS, writeRequests } from './requests-file.mjs';

const text = { type: 'string' };
const flag = { type: 'boolean' };
const object = (properties) => ({ type: 'object', properties });

const body = { ...object({ required_scope: text }), required: ['required_scope'] };
const response = {
  200: object({
    valid: flag,
    message: text,
    token_info: object({
      token_id: text,
      account_id: text,
      scope: { type: 'array', items: text },
      is_active: flag,
      expires_at: text,
      last_used_at: text,
    }),
    permission_check: object({ requested: text, granted: flag }),
  }),
};

const fastify = Fastify({ logger: false });
fastify.post('/api/v2/validate', { schema: { body, response } }, async (request) => ({
  valid: true,
  message: 'Token is valid',
  token_info: {
    token_id: 'tk_0123456789abcdefghijkl',
    account_id: 'acc_0123456789abcdefghijkl',
    scope: ['storage:read', 'cdn:*'],
    is_active: true,
    expires_at: '2027-01-01T00:00:00.000Z',
    last_used_at: '2026-11-22T12:34:56.789Z',
  },
  permission_check: { requested: request.body.required_scope, granted: true },
}));

// As long as a token of ours, so that as many bytes come in.
const authorization = `Bearer sk-TG1${'x'.repeat(66)}`;
writeRequests(
  Array.from({ length: PEER_TOKENS }, () => ({ authorization, body: '{"required_scope":"storage:read"}' })),
);
await fastify.ready();
serve(fastify.server);
