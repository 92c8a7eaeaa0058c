import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { Clock } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import { StorageModule } from '@tollgate/storage';
import { AccountsController } from './accounts/accounts.controller';
import { AccountsService } from './accounts/accounts.service';
import { ValidationLogSettings } from './accounts/validation-log-settings.service';
import { AuditController } from './audit/audit.controller';
import { RefusalRecorder } from './audit/refusal-recorder.service';
import { CoreModule } from './core.module';
import { HealthController } from './health/health.controller';
import { ErrorFilter } from './http/error.filter';
import { createValidationPipe } from './http/validation-messages';
import { ApiMetrics } from './metrics/api-metrics';
import { MetricsController } from './metrics/metrics.controller';
import { MetricsModule } from './metrics/metrics.module';
import { OperatorAccountsService } from './operator/operator-accounts.service';
import { OperatorController } from './operator/operator.controller';
import { OperatorTokensController } from './operator/operator-tokens.controller';
import { OperatorTokensService } from './operator/operator-tokens.service';
import { PermissionsController } from './permissions/permissions.controller';
import { RateLimitsModule } from './rate-limits/rate-limits.module';
import { RedisModule } from './redis/redis.module';
import { RetentionService } from './retention/retention.service';
import type { ApiSettings } from './settings/api.settings';
import { storageOptionsOf } from './settings/storage.settings';
import { TokenUsageController } from './tokens/token-usage.controller';
import { TokenUsageService } from './tokens/token-usage.service';
import { TokensController } from './tokens/tokens.controller';
import { TokenRetention, TokensService } from './tokens/tokens.service';
import { TrafficModule } from './tunnels/traffic/traffic.module';
import { TunnelsModule } from './tunnels/tunnels.module';
import { TunnelUsageModule } from './tunnels/usage/tunnel-usage.module';
import { UploadPageModule } from './upload-page/upload-page.module';
import { UploadTokensModule } from './upload-tokens/upload-tokens.module';
import { UploadCallbacksModule } from './uploads/callbacks/upload-callbacks.module';
import { FilesModule } from './uploads/files/files.module';
import { TusModule } from './uploads/tus/tus.module';
import { UploadsModule } from './uploads/uploads.module';
import { ValidationModule } from './validation/validation.module';
import { WorkersModule } from './workers/workers.module';

/** The api process. */
@Module({})
export class ApiModule {
  static forRoot(settings: ApiSettings, log: Log): DynamicModule {
    const traffic = TrafficModule.forRoot(settings);
    return {
      module: ApiModule,
      imports: [
        StorageModule.forRoot(storageOptionsOf(settings)),
        CoreModule.forRoot(settings, log),
        WorkersModule.forRoot(settings),
        RedisModule.forRoot(settings),
        MetricsModule.forRoot(settings),
        RateLimitsModule.forRoot(settings),
        ValidationModule.forRoot(settings),
        UploadTokensModule.forRoot(settings),
        UploadCallbacksModule.forRoot(settings),
        UploadsModule.forRoot(settings),
        TusModule.forRoot(settings),
        FilesModule,
        UploadPageModule,
        TunnelsModule.forRoot(settings),
        traffic,
        TunnelUsageModule.forRoot(traffic),
        ScheduleModule.forRoot(),
      ],
      controllers: [
        AccountsController,
        TokensController,
        TokenUsageController,
        PermissionsController,
        AuditController,
        OperatorController,
        OperatorTokensController,
        HealthController,
        MetricsController,
      ],
      providers: [
        { provide: APP_PIPE, useFactory: createValidationPipe },
        {
          provide: ErrorFilter,
          useFactory: (clock: Clock, log: Log, refusals: RefusalRecorder) => new ErrorFilter(clock, log, refusals),
          inject: [Clock, Log, RefusalRecorder],
        },
        { provide: APP_FILTER, useExisting: ErrorFilter },
        { provide: TokenRetention, useValue: new TokenRetention(settings.EXPIRED_TOKEN_RETENTION) },
        AccountsService,
        ValidationLogSettings,
        TokensService,
        TokenUsageService,
        OperatorAccountsService,
        OperatorTokensService,
        RetentionService,
        ApiMetrics,
      ],
    };
  }
}
