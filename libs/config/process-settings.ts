import { choice, directory } from './fields';

/** pino's levels. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Variables that every process of ours reads: spread them into its schema. */
export const processSettings = {
  /** `production` refuses unsafe defaults. */
  NODE_ENV: choice(['development', 'test', 'production'], 'development'),
  LOG_LEVEL: choice(LOG_LEVELS, 'info'),
  /** Where the embedded store and generated keys live; absolute once read. */
  DATA_DIR: directory('./data'),
};
