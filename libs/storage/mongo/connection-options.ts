import type { MongooseModuleOptions } from '@nestjs/mongoose';
import { TollgateError } from '@tollgate/domain';
import { mongo } from 'mongoose';

/** The database when neither a setting nor the connection string names one (contract, "Configuration"). */
export const DEFAULT_DATABASE = 'token_service_v2';

/** Deadlines and sizes of the connection to MongoDB. What breaks one of them ends as `unavailable`. */
export const MONGO_CONNECTION_LIMITS = {
  /** How long an operation waits for a usable server, in milliseconds. */
  serverSelectionTimeoutMs: 5_000,
  /** How long opening a socket may take, in milliseconds. */
  connectTimeoutMs: 5_000,
  /** How long a socket may stay silent while an answer is due, in milliseconds. */
  socketTimeoutMs: 20_000,
  /** How long an operation waits for a free connection, in milliseconds. */
  waitQueueTimeoutMs: 5_000,
  /** How long the majority may take to confirm a write, in milliseconds. */
  writeConfirmationTimeoutMs: 10_000,
  /** Most connections of one process. */
  maxPoolSize: 50,
  /** Further tries of the first connection, and the pause between them in milliseconds. */
  startRetries: 5,
  startRetryDelayMs: 1_000,
} as const;

/**
 * How every process connects: bounded waits, no queueing of commands while there is no connection, and writes that
 * count only when a majority has them on disk.
 * @param uri `mongodb://` or `mongodb+srv://`; may hold a password, which is in none of our errors
 * @param database else the one in `uri`, else {@link DEFAULT_DATABASE}
 * @throws TollgateError `invalid_request` when the connection string can't be read
 */
export function connectionOptions(uri: string, database: string | undefined): MongooseModuleOptions {
  assertReadable(uri);
  return {
    dbName: database ?? databaseInUri(uri) ?? DEFAULT_DATABASE,
    ...driverOptions(),
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: MONGO_CONNECTION_LIMITS.writeConfirmationTimeoutMs },
    bufferCommands: false,
    autoIndex: false,
    autoCreate: false,
    retryAttempts: MONGO_CONNECTION_LIMITS.startRetries,
    retryDelay: MONGO_CONNECTION_LIMITS.startRetryDelayMs,
    connectionErrorFactory: (cause) => new TollgateError('unavailable', 'MongoDB does not answer', { cause }),
  };
}

/** The deadlines and sizes alone, as the driver names them. */
export function driverOptions(): mongo.MongoClientOptions {
  return {
    appName: 'tollgate',
    serverSelectionTimeoutMS: MONGO_CONNECTION_LIMITS.serverSelectionTimeoutMs,
    connectTimeoutMS: MONGO_CONNECTION_LIMITS.connectTimeoutMs,
    socketTimeoutMS: MONGO_CONNECTION_LIMITS.socketTimeoutMs,
    waitQueueTimeoutMS: MONGO_CONNECTION_LIMITS.waitQueueTimeoutMs,
    maxPoolSize: MONGO_CONNECTION_LIMITS.maxPoolSize,
  };
}

/** The database named in a connection string, if any. */
export function databaseInUri(uri: string): string | undefined {
  const name = /^mongodb(?:\+srv)?:\/\/[^/]*\/([^?]+)/.exec(uri)?.[1];
  return name === undefined ? undefined : decodeURIComponent(name);
}

/** @throws TollgateError `invalid_request` when the driver can't make sense of a connection string */
export function assertReadable(uri: string): void {
  try {
    // Only reads the string: nothing is opened before connect().
    new mongo.MongoClient(uri);
  } catch (cause) {
    throw new TollgateError('invalid_request', 'the MongoDB connection string is not valid', { cause });
  }
}
