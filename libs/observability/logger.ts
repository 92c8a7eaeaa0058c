import { isatty } from 'node:tty';
import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';

type Write = (fields: object, message: string) => void;

/** The structured log that everything of ours writes to, and its own DI token. One JSON object a line. */
export abstract class Log {
  abstract readonly debug: Write;
  abstract readonly info: Write;
  /** Something is worse than it should be, and the service copes. */
  abstract readonly warn: Write;
  /** Somebody should look. */
  abstract readonly error: Write;
}

const STANDARD_OUTPUT = 1;
/** What is kept of lines that can't be written, in bytes; later ones are dropped. */
const MAX_UNWRITTEN_BYTES = 16_777_216;

/** Fields that never reach the log, wherever they stand in the first levels of an object. */
const SECRET_FIELDS = [
  'authorization',
  'password',
  'secret_key',
  'secretKey',
  'token',
  'masterKey',
  'operatorKey',
  'cookie',
];

/**
 * Makes a process's log.
 * @param name the app's name, in each line
 * @param level pino's level, `silent` for none
 * @param destination standard output by default
 */
export function createLogger(name: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    name,
    level,
    base: { name, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[secret]' },
    serializers: { err: pino.stdSerializers.err },
  };
  return pino(options, destination ?? standardOutput());
}

/** May come to an end before the process does, as a terminal that is closed or a disk that is full: it goes on without. */
function standardOutput(): DestinationStream {
  // What pino holds back it tries to write when the process exits, until it can: on a terminal that has gone, for ever.
  const sync = isatty(STANDARD_OUTPUT);
  const stream = pino.destination({ dest: STANDARD_OUTPUT, sync, maxLength: MAX_UNWRITTEN_BYTES });
  stream.on('error', () => undefined);
  return stream;
}

/**
 * The log of one module: its lines carry the module's name, and its level may be its own.
 * @param log made by {@link createLogger}; any other is returned as it is
 * @param level pino's; by default that of `log`
 */
export function moduleLog(log: Log, module: string, level?: string): Log {
  if (!isPino(log)) return log;
  return log.child({ module }, level === undefined ? {} : { level });
}

function isPino(log: Log): log is Logger {
  return typeof (log as Partial<Logger>).child === 'function';
}

/** Lets Nest write to our log. */
export class NestLogger implements LoggerService {
  constructor(private readonly sink: Log) {}

  log(message: unknown, ...context: unknown[]): void {
    // Nest's own start-up chatter (each module, each route) is of use to its developers only.
    this.sink.debug({ context: context.at(-1) }, String(message));
  }

  warn(message: unknown, ...context: unknown[]): void {
    this.sink.warn({ context: context.at(-1) }, String(message));
  }

  error(message: unknown, ...context: unknown[]): void {
    if (message instanceof Error) this.sink.error({ err: message, context: context.at(-1) }, message.message);
    else this.sink.error({ context }, String(message));
  }

  fatal(message: unknown, ...context: unknown[]): void {
    this.sink.error({ context }, String(message));
  }

  debug(message: unknown, ...context: unknown[]): void {
    this.sink.debug({ context: context.at(-1) }, String(message));
  }

  verbose(message: unknown, ...context: unknown[]): void {
    this.sink.debug({ context: context.at(-1) }, String(message));
  }
}
