import type { SchemaOptions } from 'mongoose';

/**
 * What all our collections share. Indexes are made from `MONGO_INDEXES` and not from the schemas, because
 * `SKIP_INDEX_CREATION` must be able to forbid them; a field that a schema does not know is a fault, not a guess.
 */
export const DOCUMENT_OPTIONS = {
  autoIndex: false,
  autoCreate: false,
  versionKey: false,
  minimize: false,
  strict: 'throw',
  strictQuery: 'throw',
} as const satisfies SchemaOptions;
