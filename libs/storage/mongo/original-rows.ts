import { type AccountStatus, isIdShaped, isPlausibleToken } from '@tollgate/domain';
import type { OriginalAccount, OriginalAuditRecord, OriginalRows, OriginalToken } from '../import/original-source';
import { FieldProblem, OriginalFields } from './original-fields';

const ACCESS_KEY_PATTERN = /^(?:AK_)?[0-9A-Fa-f]{32,64}$/;
const BCRYPT_PATTERN = /^\$2[aby]\$\d{2}\$[./0-9A-Za-z]{53}$/;
/** Printable ASCII. Longer than 72 bytes it could not be hashed by bcrypt for sign-in. */
const SECRET_KEY_PATTERN = /^[\x21-\x7e]{16,72}$/;
const LARGEST_UID = 0xffff_ffff;

/** How each collection's documents become rows. Each throws a FieldProblem for a document that can't be taken over. */
export const ORIGINAL_ROW_READERS: {
  readonly [C in keyof OriginalRows]: (document: Readonly<Record<string, unknown>>) => OriginalRows[C];
} = { accounts: readAccount, tokens: readToken, audit_logs: readAuditRecord };

function readAccount(document: Readonly<Record<string, unknown>>): OriginalAccount {
  const fields = new OriginalFields(document);
  const email = fields.optionalText('email')?.trim().toLowerCase();
  const passwordHash = readPasswordHash(fields);
  const keys = readKeys(fields);
  const qiniuUid = fields.optionalCount('qiniu_uid', LARGEST_UID) || undefined;
  const rateLimit = fields.rateLimit('rate_limit');
  const createdAt = fields.time('created_at');
  if (email === undefined && qiniuUid === undefined) throw new FieldProblem('email', 'is missing');
  if (keys === undefined && qiniuUid === undefined) throw new FieldProblem('access_key', 'is missing');
  return {
    id: readId(fields, fields.value('id') === undefined ? '_id' : 'id'),
    ...(email === undefined ? {} : { email }),
    company: fields.optionalText('company') ?? '',
    ...(passwordHash === undefined ? {} : { passwordHash }),
    ...(keys === undefined ? {} : { keys }),
    status: readStatus(fields),
    ...(qiniuUid === undefined ? {} : { qiniuUid }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    createdAt,
    updatedAt: fields.optionalTime('updated_at') ?? createdAt,
  };
}

function readToken(document: Readonly<Record<string, unknown>>): OriginalToken {
  const fields = new OriginalFields(document);
  const value = fields.text('token');
  if (!isPlausibleToken(value)) throw new FieldProblem('token', 'is not a prefix and 64 hex');
  const rateLimit = fields.rateLimit('rate_limit');
  const createdAt = fields.time('created_at');
  const expiresAt = fields.optionalTime('expires_at');
  const lastUsedAt = fields.optionalTime('last_used_at');
  const iuid = fields.optionalText('iuid');
  const iamAlias = fields.optionalText('iam_alias');
  return {
    id: readId(fields, fields.value('token_id') === undefined ? '_id' : 'token_id'),
    accountId: readId(fields, 'account_id'),
    value,
    description: fields.optionalText('description') ?? '',
    scopes: fields.texts('scope'),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(iuid === undefined ? {} : { iuid }),
    ...(iamAlias === undefined ? {} : { iamAlias }),
    isActive: fields.flag('is_active'),
    createdAt,
    updatedAt: fields.optionalTime('updated_at') ?? createdAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    totalRequests: fields.optionalCount('total_requests') ?? 0,
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
  };
}

function readAuditRecord(document: Readonly<Record<string, unknown>>): OriginalAuditRecord {
  const fields = new OriginalFields(document);
  const requestData = fields.value('request_data');
  const errorMessage = fields.optionalText('error_msg');
  return {
    id: readId(fields, fields.value('id') === undefined ? '_id' : 'id'),
    accountId: fields.optionalText('account_id') ?? '',
    action: fields.text('action'),
    resourceId: fields.optionalText('resource_id') ?? '',
    ip: fields.optionalText('ip') ?? '',
    userAgent: fields.optionalText('user_agent') ?? '',
    ...(requestData === undefined ? {} : { requestData }),
    result: readResult(fields),
    ...(errorMessage === undefined ? {} : { errorMessage }),
    timestamp: fields.time('timestamp'),
  };
}

function readId(fields: OriginalFields, field: string): string {
  const id = fields.text(field);
  if (!isIdShaped(id)) throw new FieldProblem(field, 'is not an id');
  return id;
}

/** An unknown word must not let anybody in, and must not lock anybody out either: a person has to look at it. */
function readStatus(fields: OriginalFields): AccountStatus {
  const status = fields.text('status').toLowerCase();
  if (status === 'active' || status === 'suspended') return status;
  throw new FieldProblem('status', 'is neither active nor suspended');
}

function readResult(fields: OriginalFields): 'success' | 'failure' {
  const result = fields.text('result').toLowerCase();
  if (result === 'success') return 'success';
  if (result === 'failure' || result === 'failed' || result === 'error') return 'failure';
  throw new FieldProblem('result', 'is neither success nor failure');
}

function readPasswordHash(fields: OriginalFields): string | undefined {
  const hash = fields.optionalText('password_hash');
  if (hash === undefined) return undefined;
  if (!BCRYPT_PATTERN.test(hash)) throw new FieldProblem('password_hash', 'is not a bcrypt hash');
  // `$2y$` is another name of `$2b$` that our bcrypt does not know.
  return hash.replace(/^\$2y\$/, '$2b$');
}

function readKeys(fields: OriginalFields): OriginalAccount['keys'] {
  const accessKey = fields.optionalText('access_key');
  const secretKey = fields.optionalText('secret_key');
  if (accessKey === undefined && secretKey === undefined) return undefined;
  if (accessKey === undefined) throw new FieldProblem('access_key', 'is missing');
  if (secretKey === undefined) throw new FieldProblem('secret_key', 'is missing');
  if (!ACCESS_KEY_PATTERN.test(accessKey)) throw new FieldProblem('access_key', 'is not 32 to 64 hex');
  if (BCRYPT_PATTERN.test(secretKey))
    throw new FieldProblem('secret_key', 'is hashed: no signature can be checked with it');
  if (!SECRET_KEY_PATTERN.test(secretKey)) throw new FieldProblem('secret_key', 'is not 16 to 72 printable characters');
  return { accessKey, secretKey };
}
