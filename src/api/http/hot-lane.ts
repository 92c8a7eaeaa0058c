import fastify, { type FastifyInstance } from 'fastify';
import type { ApiSettings } from '../settings/api.settings';
import { acceptContentType, useRawBodies } from './body-parser';
import type { ErrorFilter } from './error.filter';
import { fastifyOptions } from './fastify-adapter';
import { guardRequest } from './request-hooks';

/**
 * A Fastify of its own for routes that are asked before every request of every service. It has the limits, the guards and
 * the error answers of the other one, hands bodies over as bytes, but none of the eight hooks that Nest's adapter puts around each
 * request: together these cost as much as a validation. Requests that spell a path in an unusual way take the other one,
 * so hot routes stand on both.
 */
export function createHotLane(settings: ApiSettings, errors: ErrorFilter): FastifyInstance {
  const lane = fastify(fastifyOptions(settings));
  useRawBodies(lane);
  lane.addHook('onRequest', (request, reply, done) => {
    acceptContentType(request);
    done(guardRequest(request, reply));
  });
  lane.setErrorHandler((error, request, reply) => {
    errors.answer(error, request, reply);
  });
  return lane;
}
