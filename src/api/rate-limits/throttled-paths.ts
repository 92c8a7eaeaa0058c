import type { FastifyInstance } from 'fastify';
import { callerOf } from '../http/caller';
import type { AddressThrottle } from './address-throttle.service';
import { tooManyFromAddress } from './throttler.guards';

/**
 * Limits requests by client address under a path that no guard stands before, such as the pages of the documentation. They
 * count together with the routes of `PublicThrottlerGuard`.
 * @param prefix beginning of their routes
 */
export function throttlePaths(fastify: FastifyInstance, addresses: AddressThrottle, prefix: string): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    // The route, not the path as it was spelt: /%64ocs leads there as well.
    if (request.routeOptions.url?.startsWith(prefix) !== true) {
      done();
      return;
    }
    Promise.resolve(addresses.count('public', callerOf(request).ip)).then((seconds) => {
      done(seconds > 0 ? tooManyFromAddress(seconds) : undefined);
    }, done);
  });
}
