import {
  type SettingsCheck,
  choice,
  cidrList,
  directory,
  duration,
  flag,
  httpUrl,
  integer,
  port,
  secret,
  text,
  textList,
} from '@tollgate/config';
import type { z } from 'zod';
import { isTypePattern } from '../uploads/type-pattern';

/** The administrator's key of an installation that set none; for development only. */
export const DEFAULT_UPLOAD_AUTH_TOKEN = 'default_upload_token_change_me';
const PRODUCTION_KEY_LENGTH = 32;

const GIB = 1_073_741_824;
const TIB = 1_024 * GIB;
const WEEK_MS = 604_800_000;

/** The variables of upload tokens and uploads; names and defaults of the first six are the contract's. */
export const uploadSettings = {
  UPLOAD_AUTH_TOKEN: secret({
    pattern: /^[\x21-\x7e]{8,256}$/,
    rule: 'must have 8 to 256 printable ASCII characters and no blanks',
    fallback: DEFAULT_UPLOAD_AUTH_TOKEN,
  }),
  /** In milliseconds. */
  UPLOAD_TOKEN_EXPIRY: integer(3_600_000, { min: 1_000, max: WEEK_MS }),
  UPLOAD_REQUIRE_AUTH: flag(true),
  UPLOAD_PORT: port().optional(),
  UPLOAD_MAX_ATTEMPTS: integer(5, { min: 1, max: 1_000 }),
  /** What the original's clients switch its log on with; `vpro:auth` concerns us. */
  DEBUG: text('').transform((value) => value.split(/[\s,]+/)),
  /** Requests for a token from one address, a minute. */
  UPLOAD_TOKEN_LIMIT_PER_MINUTE: integer(10, { min: 1, max: 1_000_000 }),

  UPLOAD_MAX_BYTES: integer(2 * GIB, { min: 1, max: 5 * TIB }),
  UPLOAD_ALLOWED_TYPES: textList('video/*').refine(
    (types) => types.length > 0 && types.every(isTypePattern),
    'must be media types such as video/* or video/mp4, separated by commas',
  ),
  /** Uploads that one process takes at once. */
  UPLOAD_MAX_CONCURRENT: integer(64, { min: 1, max: 10_000 }),
  /** Bytes of all files of one account; 0: any. */
  UPLOAD_QUOTA_BYTES: integer(0, { min: 0 }),
  UPLOAD_MIN_FREE_BYTES: integer(GIB, { min: 0 }),
  /** An upload that brings less than UPLOAD_MIN_RATE a second over this long is cut off. */
  UPLOAD_STALL_TIMEOUT: duration('30s', { min: '1s', max: '1h' }),
  UPLOAD_MIN_RATE: integer(1_024, { min: 1, max: 1_048_576 }),
  /** How long a resumable upload waits for its next piece. */
  UPLOAD_RESUME_WINDOW: duration('24h', { min: '1m', max: '7d' }),
  /** How long a resumable upload may take in all, from its creation on. */
  UPLOAD_RESUME_MAX: duration('3d', { min: '1m', max: '30d' }),
  /** Networks that callbacks may reach although they are not public. */
  UPLOAD_CALLBACK_ALLOW: cidrList(),

  UPLOAD_STORAGE: choice(['local', 's3'], 'local'),
  /** `uploads` in DATA_DIR unless set. */
  UPLOAD_DIR: directory().optional(),
  UPLOAD_S3_BUCKET: text().optional(),
  UPLOAD_S3_REGION: text('us-east-1'),
  UPLOAD_S3_ENDPOINT: httpUrl().optional(),
  UPLOAD_S3_PREFIX: text('').refine(
    (prefix) => /^(?:[\w.-]+\/)*$/.test(prefix) && prefix.length <= 256,
    'must be empty or folders of letters, digits, ".", "_" and "-" that end in "/"',
  ),
  UPLOAD_S3_ACCESS_KEY_ID: text().optional(),
  UPLOAD_S3_SECRET_ACCESS_KEY: secret().optional(),
  /** Bucket in the path instead of the host name, as most S3-compatible servers want it. */
  UPLOAD_S3_FORCE_PATH_STYLE: flag(false),
};

type UploadSettingsSchema = z.ZodObject<typeof uploadSettings & { NODE_ENV: z.ZodType<string> }>;

/** What the variables of uploads must be together. */
export const checkUploadSettings: SettingsCheck<UploadSettingsSchema> = (settings, report) => {
  if (settings.NODE_ENV === 'production') {
    const key = settings.UPLOAD_AUTH_TOKEN?.reveal();
    if (key === DEFAULT_UPLOAD_AUTH_TOKEN) {
      report('UPLOAD_AUTH_TOKEN', 'must be set when NODE_ENV=production: its default is known to everybody');
    } else if (key !== undefined && key.length < PRODUCTION_KEY_LENGTH) {
      report(
        'UPLOAD_AUTH_TOKEN',
        `must have at least ${String(PRODUCTION_KEY_LENGTH)} characters when NODE_ENV=production`,
      );
    }
    if (settings.UPLOAD_REQUIRE_AUTH === false) {
      report('UPLOAD_REQUIRE_AUTH', 'must be true when NODE_ENV=production');
    }
  }
  if (settings.UPLOAD_STORAGE === 's3' && settings.UPLOAD_S3_BUCKET === undefined) {
    report('UPLOAD_S3_BUCKET', 'must be set when UPLOAD_STORAGE=s3');
  }
  if ((settings.UPLOAD_S3_ACCESS_KEY_ID === undefined) !== (settings.UPLOAD_S3_SECRET_ACCESS_KEY === undefined)) {
    report('UPLOAD_S3_SECRET_ACCESS_KEY', 'and UPLOAD_S3_ACCESS_KEY_ID must be set together');
  }
};
