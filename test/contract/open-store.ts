import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import {
  AccountRepository,
  AuditRepository,
  ChangeFeed,
  ImportRepository,
  ReplayRepository,
  StoreHealth,
  TokenRepository,
  TrafficRepository,
  UploadCallbackRepository,
  UploadedFileRepository,
  UploadReservations,
  UploadTokenRepository,
  ValidationLogRepository,
} from '@tollgate/domain';
import { StorageModule, type StorageOptions } from '@tollgate/storage';
import type { StoreUnderTest } from '@tollgate/testing';

/** Opens a store the way an application does, through `StorageModule`; `teardown` shuts that application down. */
export async function openStore(options: StorageOptions): Promise<StoreUnderTest> {
  const context = await NestFactory.createApplicationContext(StorageModule.forRoot(options), {
    logger: ['fatal'],
    abortOnError: false,
  });
  return {
    accounts: context.get(AccountRepository),
    tokens: context.get(TokenRepository),
    validationLogs: context.get(ValidationLogRepository),
    audits: context.get(AuditRepository),
    replays: context.get(ReplayRepository),
    imports: context.get(ImportRepository),
    uploadTokens: context.get(UploadTokenRepository),
    uploadReservations: context.get(UploadReservations),
    uploadedFiles: context.get(UploadedFileRepository),
    uploadCallbacks: context.get(UploadCallbackRepository),
    traffic: context.get(TrafficRepository),
    changes: context.get(ChangeFeed),
    health: context.get(StoreHealth),
    teardown: async () => context.close(),
  };
}
