import type { mongo } from 'mongoose';

/** Binary data as Node has it: lean reads bring the driver's own type. */
export function toBuffer(value: Buffer | mongo.Binary): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(value.value());
}
