import type { Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ChangeFeed, ReplayRepository } from '@tollgate/domain';
import { type Log, NestLogger } from '@tollgate/observability';
import { ApiModule } from './api.module';
import { BodyDeadline } from './http/body-deadline';
import { useJsonBodies } from './http/body-parser';
import { ErrorFilter } from './http/error.filter';
import { createFastifyAdapter } from './http/fastify-adapter';
import { createHotLane } from './http/hot-lane';
import { useReplayRelease, useRequestGuards } from './http/request-hooks';
import { type RouterOptions, attachServer, routeRequests } from './http/request-router';
import { createUploadServer } from './http/upload-server';
import { useFieldMessages } from './http/validation-messages';
import { RequestDurations } from './metrics/request-durations';
import { DOCS_PATH, serveDocs } from './openapi/openapi';
import { AddressThrottle } from './rate-limits/address-throttle.service';
import { throttlePaths } from './rate-limits/throttled-paths';
import type { ApiSettings } from './settings/api.settings';
import { TUS_PATH } from './uploads/tus/tus-protocol';
import { TusRoutes } from './uploads/tus/tus.routes';
import { INVITING_PATHS, UploadRoutes } from './uploads/upload.routes';
import { UPLOAD_TOKEN_PATHS, UploadTokenRoutes } from './upload-tokens/upload-token.routes';
import { VALIDATION_PATHS, ValidationRoutes } from './validation/validation.routes';

/** The api, ready to listen. */
export interface Api {
  readonly app: NestFastifyApplication;
  /** With UPLOAD_PORT: serves uploads there too. */
  readonly uploadServer: Server | undefined;
}

/** Builds the api. */
export async function createApp(settings: ApiSettings, log: Log): Promise<Api> {
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
  const errors = app.get(ErrorFilter, { strict: false });
  app.get(UploadRoutes, { strict: false }).register(fastify, errors);
  app.get(TusRoutes, { strict: false }).register(fastify, errors);
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
  const lane = createHotLane(settings, errors);
  durations.register(lane);
  validation.register(lane);
  app.get(UploadTokenRoutes, { strict: false }).register(lane);
  await lane.ready();
  const options: RouterOptions = {
    lane,
    hotPaths: [...VALIDATION_PATHS, ...UPLOAD_TOKEN_PATHS],
    deadline: new BodyDeadline(settings.REQUEST_TIMEOUT),
    invitingPaths: [...INVITING_PATHS, TUS_PATH],
  };
  const server = app.getHttpServer();
  const handle = routeRequests(server, options);
  attachServer(server, handle, options);
  const uploadServer = settings.UPLOAD_PORT === undefined ? undefined : createUploadServer(server, handle, options);
  return { app, uploadServer };
}
