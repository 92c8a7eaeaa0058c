import { type DynamicModule, Module } from '@nestjs/common';
import { Log } from '@tollgate/observability';
import { HttpUserDirectory } from '../directory/http-user-directory.service';
import { JsonDirectory } from '../directory/json-directory';
import type { ApiSettings } from '../settings/api.settings';
import { UsageMeter } from './usage-meter.service';
import { UserDirectory } from './user-directory';
import { ValidationLog } from './validation-log.service';
import { ValidationCache, ValidationCacheOptions } from './validation-cache.service';
import { ValidationRoutes } from './validation.routes';
import { ValidationService } from './validation.service';

const USER_DIRECTORY_TIMEOUT_MS = 2_000;

@Module({})
export class ValidationModule {
  static forRoot(settings: ApiSettings): DynamicModule {
    return {
      module: ValidationModule,
      global: true,
      providers: [
        {
          provide: ValidationCacheOptions,
          useValue: new ValidationCacheOptions(settings.CACHE_TOKEN_MAX, settings.CACHE_TOKEN_TTL),
        },
        {
          provide: UserDirectory,
          useFactory: (log: Log) => new HttpUserDirectory(userDirectory(settings), log, settings.USER_INFO_CACHE_TTL),
          inject: [Log],
        },
        ValidationCache,
        ValidationService,
        ValidationRoutes,
        UsageMeter,
        ValidationLog,
      ],
      exports: [ValidationService, UsageMeter, ValidationLog, ValidationCache],
    };
  }
}

function userDirectory(settings: ApiSettings): JsonDirectory | undefined {
  const url = settings.USER_INFO_API_URL;
  if (url === undefined) return undefined;
  return new JsonDirectory({
    name: 'user directory',
    url,
    bearer: settings.USER_INFO_API_TOKEN?.reveal(),
    timeoutMs: USER_DIRECTORY_TIMEOUT_MS,
  });
}
