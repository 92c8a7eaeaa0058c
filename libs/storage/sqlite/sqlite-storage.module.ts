import { type DynamicModule, type FactoryProvider, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import {
  AccountRepository,
  AuditRepository,
  ChangeFeed,
  GatewayBoard,
  ImportRepository,
  ReplayRepository,
  StoreHealth,
  TokenRepository,
  TrafficRepository,
  TunnelTokenRecords,
  UploadCallbackRepository,
  UploadedFileRepository,
  UploadReservations,
  UploadTokenRepository,
  ValidationLogRepository,
} from '@tollgate/domain';
import type { SqliteStorageOptions } from '../storage-options';
import { SqliteStore } from './sqlite-store';

/** The embedded store behind the ports of `@tollgate/domain`. */
@Module({})
export class SqliteStorageModule implements OnApplicationShutdown {
  constructor(private readonly store: SqliteStore) {}

  static forRoot({ path, writer }: SqliteStorageOptions): DynamicModule {
    const logger = new Logger('SqliteStorage');
    const store: FactoryProvider<SqliteStore> = {
      provide: SqliteStore,
      useFactory: async () =>
        SqliteStore.open({
          path,
          ...(writer !== undefined && { writer }),
          onFault: (error) => {
            logger.error(error);
          },
        }),
    };
    const ports = [
      port(AccountRepository, (from) => from.accounts),
      port(TokenRepository, (from) => from.tokens),
      port(ValidationLogRepository, (from) => from.validationLogs),
      port(AuditRepository, (from) => from.audits),
      port(ReplayRepository, (from) => from.replays),
      port(ImportRepository, (from) => from.imports),
      port(UploadTokenRepository, (from) => from.uploadTokens),
      port(UploadReservations, (from) => from.uploadReservations),
      port(UploadedFileRepository, (from) => from.uploadedFiles),
      port(UploadCallbackRepository, (from) => from.uploadCallbacks),
      port(TunnelTokenRecords, (from) => from.tunnelTokens),
      port(TrafficRepository, (from) => from.traffic),
      port(GatewayBoard, (from) => from.gatewayBoard),
      port(ChangeFeed, (from) => from.changes),
      port(StoreHealth, (from) => from.health),
    ];
    return {
      module: SqliteStorageModule,
      providers: [store, ...ports],
      exports: ports.map(({ provide }) => provide),
    };
  }

  /** After the last request and after every module that still had something to write. */
  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
  }
}

function port<T>(token: abstract new () => T, pick: (store: SqliteStore) => T): FactoryProvider<T> {
  return { provide: token, useFactory: pick, inject: [SqliteStore] };
}
