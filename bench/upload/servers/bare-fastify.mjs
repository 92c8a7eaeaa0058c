// The yardstick of issue and verify: Fastify alone, schemas in and out, answers of the size and shape of ours.
import Fastify from 'fastify';
import { serve } from '../../lib/serve.mjs';

const text = { type: 'string' };
const flag = { type: 'boolean' };
const object = (properties) => ({ type: 'object', properties });
const takes = (field) => ({ ...object({ [field]: text }), required: [field] });

const fastify = Fastify({ logger: false });
const issued = object({
  success: flag,
  token: text,
  expiryTime: { type: 'integer' },
  validFor: text,
  message: text,
  tokenId: text,
});
fastify.post(
  '/api/video/auth/upload-token',
  { schema: { body: takes('authKey'), response: { 200: issued } } },
  async () => ({
    success: true,
    token: `ut-TG1${'x'.repeat(66)}`,
    expiryTime: Date.now() + 3_600_000,
    validFor: '3600秒',
    message: '上传token获取成功',
    tokenId: 'ut_0123456789abcdefghijkl',
  }),
);
const verified = object({ success: flag, valid: flag, expiryTime: { type: 'integer' } });
fastify.post(
  '/api/video/auth/verify-token',
  { schema: { body: takes('token'), response: { 200: verified } } },
  async () => ({ success: true, valid: true, expiryTime: Date.now() + 3_600_000 }),
);
await fastify.ready();
serve(fastify.server);
