import { type DynamicModule, Module, type OnModuleDestroy } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { Clock } from '@tollgate/domain';
import {
  MemoryCounterStore,
  MemoryRateLimiter,
  RateLimiter,
  RedisCounterStore,
  SharedRateLimiter,
  type WindowLimits,
} from '@tollgate/limiter';
import { Log } from '@tollgate/observability';
import { LimiterMetrics } from '../metrics/limiter-metrics';
import { SharedRedis } from '../redis/redis.module';
import type { ApiSettings } from '../settings/api.settings';
import { createWorkerLimiter } from '../workers/worker-limiter';
import { WorkerGroup } from '../workers/worker-group';
import { AddressLimits, AddressThrottle } from './address-throttle.service';
import { OperatorGate, PublicGate, SignedGate, TenantGate } from './gates.guard';
import { LimitPolicy } from './limit-policy';
import { LimiterThrottlerStorage } from './limiter-throttler-storage';
import { RequestLimits } from './request-limits.service';
import {
  PublicThrottlerGuard,
  RegisterThrottlerGuard,
  TokenCheckThrottlerGuard,
  UploadTokenThrottlerGuard,
} from './throttler.guards';

const MINUTE_MS = 60_000;
/** Units of the application's limits taken in advance on a Redis Cluster where RATE_LIMIT_LEASE_APP says nothing. */
const CLUSTER_APP_LEASE = 64;

/** Gives back what was taken in advance, while Redis is still there. */
class LimiterShutdown implements OnModuleDestroy {
  constructor(private readonly limiter: RateLimiter) {}

  async onModuleDestroy(): Promise<void> {
    await this.limiter.close();
  }
}

/** Limits of the application, accounts, tokens and client addresses. */
@Module({})
export class RateLimitsModule {
  static forRoot(settings: ApiSettings): DynamicModule {
    return {
      module: RateLimitsModule,
      global: true,
      imports: [
        ThrottlerModule.forRootAsync({
          useFactory: (storage: LimiterThrottlerStorage) => ({
            storage,
            setHeaders: false,
            throttlers: [
              { name: 'register', ttl: MINUTE_MS, limit: settings.REGISTER_LIMIT_PER_MINUTE },
              { name: 'public', ttl: MINUTE_MS, limit: settings.PUBLIC_LIMIT_PER_MINUTE },
              { name: 'upload-token', ttl: MINUTE_MS, limit: settings.UPLOAD_TOKEN_LIMIT_PER_MINUTE },
            ],
          }),
          inject: [LimiterThrottlerStorage],
        }),
      ],
      providers: [
        { provide: LimitPolicy, useValue: limitPolicy(settings) },
        { provide: AddressLimits, useValue: addressLimits(settings) },
        {
          provide: RateLimiter,
          useFactory: (redis: SharedRedis, workers: WorkerGroup, metrics: LimiterMetrics, clock: Clock, log: Log) =>
            createLimiter(settings, redis, workers, metrics, clock, log),
          inject: [SharedRedis, WorkerGroup, LimiterMetrics, Clock, Log],
        },
        {
          provide: LimiterShutdown,
          useFactory: (limiter: RateLimiter) => new LimiterShutdown(limiter),
          inject: [RateLimiter],
        },
        LimiterMetrics,
        AddressThrottle,
        RequestLimits,
        LimiterThrottlerStorage,
        TenantGate,
        SignedGate,
        OperatorGate,
        PublicGate,
        RegisterThrottlerGuard,
        PublicThrottlerGuard,
        TokenCheckThrottlerGuard,
        UploadTokenThrottlerGuard,
      ],
      exports: [
        LimitPolicy,
        RateLimiter,
        LimiterMetrics,
        AddressThrottle,
        RequestLimits,
        LimiterThrottlerStorage,
        ThrottlerModule,
        TenantGate,
        SignedGate,
        OperatorGate,
        PublicGate,
        RegisterThrottlerGuard,
        PublicThrottlerGuard,
        TokenCheckThrottlerGuard,
        UploadTokenThrottlerGuard,
      ],
    };
  }
}

function limitPolicy(settings: ApiSettings): LimitPolicy {
  const limits: WindowLimits = [
    settings.APP_RATE_LIMIT_PER_MINUTE,
    settings.APP_RATE_LIMIT_PER_HOUR,
    settings.APP_RATE_LIMIT_PER_DAY,
  ];
  const limitsApp = settings.ENABLE_APP_RATE_LIMIT && limits.some((limit) => limit > 0);
  return new LimitPolicy({
    app: limitsApp ? limits : undefined,
    accounts: settings.ENABLE_ACCOUNT_RATE_LIMIT,
    tokens: settings.ENABLE_TOKEN_RATE_LIMIT,
  });
}

function addressLimits(settings: ApiSettings): AddressLimits {
  return new AddressLimits(
    {
      register: settings.REGISTER_LIMIT_PER_MINUTE,
      public: settings.PUBLIC_LIMIT_PER_MINUTE,
      'upload-token': settings.UPLOAD_TOKEN_LIMIT_PER_MINUTE,
      'operator-failure': settings.OPERATOR_FAILURE_LIMIT_PER_MINUTE,
      'unknown-token': settings.UNKNOWN_TOKEN_LIMIT_PER_MINUTE,
    },
    settings.ADDRESS_LIMIT_EXEMPT,
  );
}

function createLimiter(
  settings: ApiSettings,
  { connection }: SharedRedis,
  workers: WorkerGroup,
  metrics: LimiterMetrics,
  clock: Clock,
  log: Log,
): RateLimiter {
  const leases = {
    app: settings.RATE_LIMIT_LEASE_APP,
    account: settings.RATE_LIMIT_LEASE_ACCOUNT,
    token: settings.RATE_LIMIT_LEASE_TOKEN,
    address: 0,
  };
  if (connection !== undefined) {
    const { client, kind, keyPrefix } = connection;
    // There the application's counters lie on another node than an account's: no one step could ask both.
    const isApart = kind === 'cluster';
    return new SharedRateLimiter(new RedisCounterStore(client, { kind, keyPrefix }), clock, metrics, {
      leases: isApart && leases.app === 0 ? { ...leases, app: CLUSTER_APP_LEASE } : leases,
      onFailure: settings.RATE_LIMIT_ON_REDIS_FAILURE,
      replicas: settings.RATE_LIMIT_REPLICAS * workers.size,
      groupsApart: isApart,
      timeoutMs: settings.RATE_LIMIT_REDIS_TIMEOUT,
    });
  }
  if (workers.primary !== undefined) return createWorkerLimiter(workers.primary, workers.size, leases, clock, metrics);
  const onEviction = (): void => {
    log.error({}, 'too many subjects to count: the limits of some start anew');
  };
  return new MemoryRateLimiter(new MemoryCounterStore(clock, { onEviction }), metrics);
}
