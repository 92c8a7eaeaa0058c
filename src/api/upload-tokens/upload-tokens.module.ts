import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { UploadAdminKey } from '@tollgate/auth';
import { UploadReservations } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import { RedisUploadReservations } from '@tollgate/redis';
import { SharedRedis } from '../redis/redis.module';
import type { ApiSettings } from '../settings/api.settings';
import { DEFAULT_UPLOAD_AUTH_TOKEN } from '../settings/upload.settings';
import { UploadAdmissions } from '../uploads/upload-admissions.service';
import { UploadPolicy } from '../uploads/upload-policy';
import { AccountUploadTokensController } from './account-upload-tokens.controller';
import { BearerAccess } from './bearer-access.service';
import { KeyAccess } from './key-access.service';
import { OperatorUploadTokensController } from './operator-upload-tokens.controller';
import { StorageGate } from './storage-gate.guard';
import { UploadAdminGate } from './upload-admin-gate.guard';
import { UploadTokenCheck } from './upload-token-check.service';
import { UploadTokenDesk } from './upload-token-desk.service';
import { UploadTokenLog, createUploadTokenLog } from './upload-token-log';
import { UploadTokenMetrics } from './upload-token-metrics';
import { UploadTokenRules } from './upload-token-rules';
import { UploadTokenRoutes } from './upload-token.routes';
import { UploadTokenVerifier } from './upload-token-verifier.service';
import { UploadTokensController } from './upload-tokens.controller';
import { UploadTokensService } from './upload-tokens.service';

/**
 * Upload tokens, and who may have to do with them and with files. Whoever needs reservations goes by `UploadAdmissions` of
 * this module: with Redis they are kept there, and not in the record store, which provides them too.
 */
@Module({})
export class UploadTokensModule {
  static forRoot(settings: ApiSettings): DynamicModule {
    return {
      module: UploadTokensModule,
      global: true,
      controllers: [UploadTokensController, AccountUploadTokensController, OperatorUploadTokensController],
      providers: [
        ...settingProviders(settings),
        ...reservationProviders(settings),
        UploadTokenMetrics,
        UploadTokenVerifier,
        UploadTokenCheck,
        UploadTokenDesk,
        UploadTokenRoutes,
        UploadTokensService,
        UploadAdmissions,
        KeyAccess,
        BearerAccess,
        StorageGate,
        UploadAdminGate,
      ],
      exports: [
        UploadPolicy,
        UploadTokenLog,
        UploadTokenVerifier,
        UploadTokensService,
        UploadAdmissions,
        KeyAccess,
        BearerAccess,
        StorageGate,
      ],
    };
  }
}

function settingProviders(settings: ApiSettings): Provider[] {
  const policy = new UploadPolicy({
    maxBytes: settings.UPLOAD_MAX_BYTES,
    allowedTypes: settings.UPLOAD_ALLOWED_TYPES,
    quotaBytes: settings.UPLOAD_QUOTA_BYTES === 0 ? undefined : settings.UPLOAD_QUOTA_BYTES,
    maxAttempts: settings.UPLOAD_MAX_ATTEMPTS,
    requiresToken: settings.UPLOAD_REQUIRE_AUTH,
  });
  const key = settings.UPLOAD_AUTH_TOKEN.reveal();
  return [
    { provide: UploadPolicy, useValue: policy },
    {
      provide: UploadTokenRules,
      useValue: new UploadTokenRules(settings.UPLOAD_TOKEN_EXPIRY, settings.UPLOAD_CALLBACK_ALLOW, policy),
    },
    { provide: UploadAdminKey, useValue: new UploadAdminKey(key) },
    {
      provide: UploadTokenLog,
      useFactory: (log: Log) => {
        if (key === DEFAULT_UPLOAD_AUTH_TOKEN) {
          log.warn({}, 'UPLOAD_AUTH_TOKEN is not set: anybody who knows its default may issue upload tokens');
        }
        if (!settings.UPLOAD_REQUIRE_AUTH) log.warn({}, 'UPLOAD_REQUIRE_AUTH is off: anybody may upload');
        return createUploadTokenLog(log, settings.DEBUG);
      },
      inject: [Log],
    },
  ];
}

/** None without Redis: then they are the record store's. */
function reservationProviders(settings: ApiSettings): Provider[] {
  if (settings.REDIS_URL === undefined) return [];
  return [
    {
      provide: UploadReservations,
      useFactory: ({ connection }: SharedRedis) => {
        if (connection === undefined) throw new Error('REDIS_URL is set, and there is no connection');
        return new RedisUploadReservations(connection);
      },
      inject: [SharedRedis],
    },
  ];
}
