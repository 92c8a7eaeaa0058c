import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { ThrottlerModule } from '@nestjs/throttler';
import { Clock } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import { StorageModule } from '@tollgate/storage';
import { AccountsController } from './accounts/accounts.controller';
import { AccountsService } from './accounts/accounts.service';
import { AuditController } from './audit/audit.controller';
import { RefusalRecorder } from './audit/refusal-recorder.service';
import { CoreModule } from './core.module';
import { HealthController } from './health/health.controller';
import { ErrorFilter } from './http/error.filter';
import { createValidationPipe } from './http/validation-messages';
import { OperatorAccountsService } from './operator/operator-accounts.service';
import { OperatorController } from './operator/operator.controller';
import { PermissionsController } from './permissions/permissions.controller';
import { RetentionService } from './retention/retention.service';
import type { ApiSettings } from './settings/api.settings';
import { storageOptionsOf } from './settings/storage.settings';
import { TokensController } from './tokens/tokens.controller';
import { TokenRetention, TokensService } from './tokens/tokens.service';
import { ValidationModule } from './validation/validation.module';

const MINUTE_MS = 60_000;

/** The api process. */
@Module({})
export class ApiModule {
  static forRoot(settings: ApiSettings, log: Log): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        StorageModule.forRoot(storageOptionsOf(settings)),
        CoreModule.forRoot(settings, log),
        ValidationModule.forRoot(settings),
        ScheduleModule.forRoot(),
        ThrottlerModule.forRoot([{ ttl: MINUTE_MS, limit: settings.REGISTER_LIMIT_PER_MINUTE }]),
      ],
      controllers: [
        AccountsController,
        TokensController,
        PermissionsController,
        AuditController,
        OperatorController,
        HealthController,
      ],
      providers: [
        { provide: APP_PIPE, useFactory: createValidationPipe },
        {
          provide: APP_FILTER,
          useFactory: (clock: Clock, log: Log, refusals: RefusalRecorder) => new ErrorFilter(clock, log, refusals),
          inject: [Clock, Log, RefusalRecorder],
        },
        { provide: TokenRetention, useValue: new TokenRetention(settings.EXPIRED_TOKEN_RETENTION) },
        AccountsService,
        TokensService,
        OperatorAccountsService,
        RetentionService,
      ],
    };
  }
}
