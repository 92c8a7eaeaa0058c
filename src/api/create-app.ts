import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ChangeFeed, ReplayRepository } from '@tollgate/domain';
import { type Log, NestLogger } from '@tollgate/observability';
import { ApiModule } from './api.module';
import { useJsonBodies } from './http/body-parser';
import { ErrorFilter } from './http/error.filter';
import { createFastifyAdapter } from './http/fastify-adapter';
import { createHotLane, openHotLane } from './http/hot-lane';
import { useReplayRelease, useRequestGuards } from './http/request-hooks';
import { useFieldMessages } from './http/validation-messages';
import { RequestDurations } from './metrics/request-durations';
import { DOCS_PATH, serveDocs } from './openapi/openapi';
import { AddressThrottle } from './rate-limits/address-throttle.service';
import { throttlePaths } from './rate-limits/throttled-paths';
import type { ApiSettings } from './settings/api.settings';
import { VALIDATION_PATHS, ValidationRoutes } from './validation/validation.routes';

/** Builds the api, ready to listen. */
export async function createApp(settings: ApiSettings, log: Log): Promise<NestFastifyApplication> {
  useFieldMessages();
  const app = await NestFactory.create<NestFastifyApplication>(
    ApiModule.forRoot(settings, log),
    createFastifyAdapter(settings),
    { bodyParser: false, logger: new NestLogger(log), abortOnError: false },
  );
  const fastify = app.getHttpAdapter().getInstance();
  useJsonBodies(fastify);
  useRequestGuards(fastify);
  const durations = app.get(RequestDurations, { strict: false });
  durations.register(fastify);
  useReplayRelease(fastify, app.get(ReplayRepository), log);
  const validation = app.get(ValidationRoutes, { strict: false });
  validation.register(fastify);
  throttlePaths(fastify, app.get(AddressThrottle), `/${DOCS_PATH}`);
  serveDocs(app);
  if (app.get(ChangeFeed).latencyMs === undefined && settings.REDIS_URL === undefined) {
    const bound = { seconds: settings.CACHE_TOKEN_TTL / 1_000 };
    log.warn(
      bound,
      'no REDIS_URL, and MongoDB tells no changes: a revoke made by another process may take so long to be seen here',
    );
  }
  await app.init();
  const lane = createHotLane(settings, app.get(ErrorFilter, { strict: false }));
  durations.register(lane);
  validation.register(lane);
  await openHotLane(app.getHttpServer(), lane, VALIDATION_PATHS);
  return app;
}
