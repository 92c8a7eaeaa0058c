import { type DynamicModule, Module, type OnModuleInit } from '@nestjs/common';
import { getConnectionToken, MongooseModule } from '@nestjs/mongoose';
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
import { Connection } from 'mongoose';
import type { MongoStorageOptions } from '../storage-options';
import { AuditOutbox } from './audit-outbox';
import { AuditOutboxSweeper } from './audit-outbox-sweeper';
import { connectionOptions } from './connection-options';
import { createIndexes, refuseOriginalDatabase } from './index-creation';
import { MongoAccountRepository } from './mongo-account.repository';
import { MongoAuditRepository } from './mongo-audit.repository';
import { MongoChangeFeed } from './mongo-change-feed';
import { MongoImportRepository } from './mongo-import.repository';
import { MongoReplayRepository } from './mongo-replay.repository';
import { MongoStoreHealth } from './mongo-store-health';
import { MongoTokenRepository } from './mongo-token.repository';
import { MongoTokenUsage } from './mongo-token-usage';
import { MongoValidationLogRepository } from './mongo-validation-log.repository';
import { AccountDocument, AccountSchema } from './schemas/account.schema';
import { AuditRecordDocument, AuditRecordSchema } from './schemas/audit-record.schema';
import { ReplayClaimDocument, ReplayClaimSchema } from './schemas/replay-claim.schema';
import { TokenDocument, TokenSchema } from './schemas/token.schema';
import { TokenUsageDocument, TokenUsageSchema } from './schemas/token-usage.schema';
import {
  TrafficDayDocument,
  TrafficDaySchema,
  TrafficReportDocument,
  TrafficReportSchema,
  TrafficTokenDocument,
  TrafficTokenSchema,
} from './schemas/traffic.schema';
import { UploadCallbackDocument, UploadCallbackSchema } from './schemas/upload-callback.schema';
import { UploadedFileDocument, UploadedFileSchema } from './schemas/uploaded-file.schema';
import { UploadQuotaDocument, UploadQuotaSchema } from './schemas/upload-quota.schema';
import { UploadTokenDocument, UploadTokenSchema } from './schemas/upload-token.schema';
import { ValidationRecordDocument, ValidationRecordSchema } from './schemas/validation-record.schema';
import { MongoTrafficRepository } from './traffic/mongo-traffic.repository';
import { TrafficMarks } from './traffic/traffic-marks';
import { MongoUploadCallbackRepository } from './uploads/mongo-upload-callback.repository';
import { MongoUploadedFileRepository } from './uploads/mongo-uploaded-file.repository';
import { MongoUploadReservations } from './uploads/mongo-upload-reservations';
import { MongoUploadTokenRepository } from './uploads/mongo-upload-token.repository';
import { UploadAccounts } from './uploads/upload-accounts';
import { UploadCommits } from './uploads/upload-commits';
import { UploadPreparations } from './uploads/upload-preparations';
import { UploadQuotas } from './uploads/upload-quotas';

/** Checks and prepares the database before anything is served from it. */
class MongoDatabasePreparation implements OnModuleInit {
  constructor(
    private readonly connection: Connection,
    private readonly withIndexes: boolean,
  ) {}

  async onModuleInit(): Promise<void> {
    const database = this.connection.getClient().db(this.connection.name);
    try {
      await refuseOriginalDatabase(database);
      if (this.withIndexes) await createIndexes(database);
    } catch (error) {
      // Nest shuts nothing down that never started: an open connection would keep the process alive.
      await this.connection.close();
      throw error;
    }
  }
}

/**
 * The repositories of the domain on MongoDB, standalone or replica set; it counts on no transactions.
 * Connecting takes part in the start: an unreachable server ends it with a TollgateError `unavailable`.
 */
@Module({})
export class MongoStorageModule {
  static forRoot(options: MongoStorageOptions): DynamicModule {
    return {
      module: MongoStorageModule,
      imports: [
        MongooseModule.forRoot(options.uri, connectionOptions(options.uri, options.database)),
        MongooseModule.forFeature([
          { name: AccountDocument.name, schema: AccountSchema },
          { name: TokenDocument.name, schema: TokenSchema },
          { name: TokenUsageDocument.name, schema: TokenUsageSchema },
          { name: ValidationRecordDocument.name, schema: ValidationRecordSchema },
          { name: AuditRecordDocument.name, schema: AuditRecordSchema },
          { name: ReplayClaimDocument.name, schema: ReplayClaimSchema },
          { name: UploadTokenDocument.name, schema: UploadTokenSchema },
          { name: UploadedFileDocument.name, schema: UploadedFileSchema },
          { name: UploadCallbackDocument.name, schema: UploadCallbackSchema },
          { name: UploadQuotaDocument.name, schema: UploadQuotaSchema },
          { name: TrafficTokenDocument.name, schema: TrafficTokenSchema },
          { name: TrafficDayDocument.name, schema: TrafficDaySchema },
          { name: TrafficReportDocument.name, schema: TrafficReportSchema },
        ]),
      ],
      providers: [
        {
          provide: MongoDatabasePreparation,
          useFactory: (connection: Connection) => new MongoDatabasePreparation(connection, options.createIndexes),
          inject: [getConnectionToken()],
        },
        AuditOutbox,
        AuditOutboxSweeper,
        MongoChangeFeed,
        MongoTokenUsage,
        TrafficMarks,
        UploadAccounts,
        UploadCommits,
        UploadPreparations,
        UploadQuotas,
        { provide: ChangeFeed, useExisting: MongoChangeFeed },
        { provide: StoreHealth, useClass: MongoStoreHealth },
        { provide: AccountRepository, useClass: MongoAccountRepository },
        { provide: TokenRepository, useClass: MongoTokenRepository },
        { provide: ValidationLogRepository, useClass: MongoValidationLogRepository },
        { provide: AuditRepository, useClass: MongoAuditRepository },
        { provide: ReplayRepository, useClass: MongoReplayRepository },
        { provide: ImportRepository, useClass: MongoImportRepository },
        { provide: UploadTokenRepository, useClass: MongoUploadTokenRepository },
        { provide: UploadReservations, useClass: MongoUploadReservations },
        { provide: UploadedFileRepository, useClass: MongoUploadedFileRepository },
        { provide: UploadCallbackRepository, useClass: MongoUploadCallbackRepository },
        { provide: TrafficRepository, useClass: MongoTrafficRepository },
      ],
      exports: [
        AccountRepository,
        TokenRepository,
        ValidationLogRepository,
        AuditRepository,
        ReplayRepository,
        ImportRepository,
        UploadTokenRepository,
        UploadReservations,
        UploadedFileRepository,
        UploadCallbackRepository,
        TrafficRepository,
        ChangeFeed,
        StoreHealth,
      ],
    };
  }
}
