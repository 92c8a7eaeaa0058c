import type { RateLimit } from '@tollgate/domain';
import { mongo, Types } from 'mongoose';

/** A field of the original that can't be taken over. The reason never holds the value. */
export class FieldProblem extends Error {
  override readonly name = 'FieldProblem';

  constructor(
    readonly field: string,
    readonly reason: string,
  ) {
    super(`${field} ${reason}`);
  }
}

/** Go writes the zero `time.Time` as year 1: a time that was never set. */
const FIRST_PLAUSIBLE_YEAR = 1970;

/** Reads the fields of one document, liberal in form and strict in meaning. Every method throws a FieldProblem. */
export class OriginalFields {
  constructor(private readonly document: Readonly<Record<string, unknown>>) {}

  /** The value of a field; null and empty text count as absent. */
  value(field: string): unknown {
    const value = this.document[field];
    return value === null || value === '' ? undefined : value;
  }

  text(field: string): string {
    return this.optionalText(field) ?? raise(field, 'is missing');
  }

  /** Text; an ObjectId or a number counts as its text. */
  optionalText(field: string): string | undefined {
    const value = this.value(field);
    if (value === undefined || typeof value === 'string') return value;
    if (value instanceof Types.ObjectId) return value.toHexString();
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
    return raise(field, 'is not text');
  }

  texts(field: string): readonly string[] {
    const value = this.value(field) ?? [];
    if (!Array.isArray(value)) return raise(field, 'is not a list');
    return value.map((item: unknown) => (typeof item === 'string' ? item : raise(field, 'holds something but text')));
  }

  time(field: string): Date {
    return this.optionalTime(field) ?? raise(field, 'is missing');
  }

  optionalTime(field: string): Date | undefined {
    const value = this.value(field);
    if (value === undefined) return undefined;
    const time = value instanceof Date ? value : typeof value === 'string' ? new Date(value) : undefined;
    if (time === undefined || Number.isNaN(time.getTime())) return raise(field, 'is not a time');
    return time.getUTCFullYear() < FIRST_PLAUSIBLE_YEAR ? undefined : time;
  }

  flag(field: string): boolean {
    const value = this.value(field);
    return typeof value === 'boolean'
      ? value
      : raise(field, value === undefined ? 'is missing' : 'is not true or false');
  }

  /** A whole number from 0 up, of any numeric type or as digits. */
  optionalCount(field: string, most: number = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.value(field);
    if (value === undefined) return undefined;
    const count = numberIn(value);
    return Number.isSafeInteger(count) && count >= 0 && count <= most
      ? count
      : raise(field, `is not a whole number from 0 to ${String(most)}`);
  }

  /** Limits with at least one window; 0 is no limit. */
  rateLimit(field: string): RateLimit | undefined {
    const value = this.value(field);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) return raise(field, 'is not an object');
    const windows = new OriginalFields(value as Record<string, unknown>);
    const limit = (name: string): number | undefined => windows.optionalCount(name) || undefined;
    const [minute, hour, day] = ['requests_per_minute', 'requests_per_hour', 'requests_per_day'].map(limit);
    const limits: RateLimit = {
      ...(minute === undefined ? {} : { requestsPerMinute: minute }),
      ...(hour === undefined ? {} : { requestsPerHour: hour }),
      ...(day === undefined ? {} : { requestsPerDay: day }),
    };
    return Object.keys(limits).length === 0 ? undefined : limits;
  }
}

function numberIn(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value);
  return value instanceof mongo.Long || value instanceof mongo.Decimal128 ? Number(value.toString()) : Number.NaN;
}

function raise(field: string, reason: string): never {
  throw new FieldProblem(field, reason);
}
