import { z } from 'zod';
import { plainText } from '../http/fields';
import { isTypePattern } from '../uploads/type-pattern';

const WEEK_SECONDS = 604_800;
const MAX_TYPES = 16;
/** Most file systems take a name of 255 bytes; a prefix leaves room for what it stands before. */
const MAX_NAME_BYTES = 255;
const MAX_PREFIX_BYTES = 100;
const MAX_LABEL_LENGTH = 128;
const MAX_URL_LENGTH = 2_048;

/** What separates paths on some system or has a meaning in names there, and characters that are not seen. */
const NOT_IN_NAMES = /[/\\:*?"<>|]|\p{Cf}/u;
const NAME_RULE = 'must be a plain name, without / \\ : * ? " < > | and invisible characters';

const name = (maxBytes: number): z.ZodString =>
  plainText(maxBytes)
    .refine((text) => Buffer.byteLength(text) <= maxBytes, `must have at most ${String(maxBytes)} bytes in UTF-8`)
    .refine((text) => !NOT_IN_NAMES.test(text) && !/^\s|^\.{1,2}$/u.test(text), NAME_RULE);

/** What an issuer may bind into a token, by what the domain calls it; each route has its own names for them. */
export const uploadTokenFields = {
  maxBytes: z
    .number()
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .nullish()
    .meta({ example: 104_857_600, description: 'Largest file, in bytes; at most UPLOAD_MAX_BYTES.' }),
  allowedTypes: z
    .array(z.string().refine(isTypePattern, 'must be a media type in lower case such as video/mp4 or video/*'))
    .min(1, 'must have at least one entry')
    .max(MAX_TYPES, `must have at most ${String(MAX_TYPES)} entries`)
    .nullish()
    .meta({ example: ['video/mp4'], description: 'Each within UPLOAD_ALLOWED_TYPES.' }),
  fileName: name(MAX_NAME_BYTES)
    .refine((text) => !/[\s.]$/u.test(text), NAME_RULE)
    .nullish()
    .meta({ example: 'holiday.mp4', description: 'The name it is stored under, whatever it is sent as.' }),
  fileNamePrefix: name(MAX_PREFIX_BYTES).nullish().meta({
    example: 'customer-42-',
    description: 'Put before the name it is sent as; not together with a whole name.',
  }),
  ownerLabel: plainText(MAX_LABEL_LENGTH)
    .nullish()
    .meta({ example: 'customer-42', description: 'For you: whom or what the upload is for.' }),
  callbackUrl: z
    .string()
    .max(MAX_URL_LENGTH, `must have at most ${String(MAX_URL_LENGTH)} characters`)
    .nullish()
    .meta({ example: 'https://example.com/uploaded', description: 'Told when the upload is stored: https, public.' }),
  lifetimeSeconds: z
    .number()
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(WEEK_SECONDS, `must be at most ${String(WEEK_SECONDS)}, which is 7 days`)
    .nullish()
    .meta({ example: 3_600, description: 'Default: UPLOAD_TOKEN_EXPIRY.' }),
};
