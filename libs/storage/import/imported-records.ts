import { createHash } from 'node:crypto';
import {
  type Account,
  type AccountCredentials,
  type AuditAction,
  type AuditRecord,
  hashToken,
  previewToken,
  qiniuAccountId,
  type Token,
} from '@tollgate/domain';
import type { OriginalAccount, OriginalAuditRecord, OriginalToken } from './original-source';
import { redactRequestData, redactText } from './redact-secrets';

/** An account of the original as it is kept here. */
export function toImportedAccount(row: OriginalAccount, credentials: AccountCredentials | undefined): Account {
  return {
    id: row.id,
    ...(row.email === undefined ? {} : { email: row.email }),
    company: row.company,
    ...(row.passwordHash === undefined ? {} : { passwordHash: row.passwordHash }),
    ...(credentials === undefined ? {} : { credentials }),
    status: row.status,
    ...(row.rateLimit === undefined ? {} : { rateLimit: row.rateLimit }),
    ...(row.qiniuUid === undefined ? {} : { qiniuUid: row.qiniuUid }),
    origin: 'local',
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

/**
 * A token of the original as it is kept here: its value hashed and previewed.
 * @param expiredRetentionMs how long a token is known after it expired
 */
export function toImportedToken(row: OriginalToken, expiredRetentionMs: number): Token {
  return {
    id: row.id,
    accountId: row.accountId,
    hash: hashToken(row.value),
    preview: previewToken(row.value),
    description: row.description,
    scopes: row.scopes,
    ...(row.rateLimit === undefined ? {} : { rateLimit: row.rateLimit }),
    ...(row.iuid === undefined
      ? {}
      : { subAccount: { iuid: row.iuid, ...(row.iamAlias === undefined ? {} : { iamAlias: row.iamAlias }) } }),
    isActive: row.isActive,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    ...(row.expiresAt === undefined
      ? {}
      : { expiresAt: row.expiresAt, purgeAt: new Date(row.expiresAt.getTime() + expiredRetentionMs) }),
    totalRequests: row.totalRequests,
    ...(row.lastUsedAt === undefined ? {} : { lastUsedAt: row.lastUsedAt }),
  };
}

/** An audit record of the original as it is kept here: without the secrets that its request may have held. */
export function toImportedAuditRecord(row: OriginalAuditRecord): AuditRecord {
  return {
    id: row.id,
    accountId: row.accountId,
    action: row.action,
    resourceId: redactText(row.resourceId),
    ip: row.ip,
    userAgent: redactText(row.userAgent),
    ...(row.requestData === undefined ? {} : { requestData: redactRequestData(row.requestData) }),
    result: row.result,
    ...(row.errorMessage === undefined ? {} : { errorMessage: redactText(row.errorMessage) }),
    timestamp: row.timestamp,
  };
}

/**
 * The account behind a token of `qiniu_{uid}`: in simple mapping the original keeps no record of it.
 * @returns `undefined` when the id is of another form
 */
export function impliedQiniuAccount(token: OriginalToken): Account | undefined {
  const uid = Number(/^qiniu_([1-9]\d{0,9})$/.exec(token.accountId)?.[1]);
  if (!(uid <= 0xffff_ffff)) return undefined;
  return {
    id: qiniuAccountId(uid),
    company: '',
    status: 'active',
    qiniuUid: uid,
    origin: 'local',
    createdAt: token.createdAt,
    updatedAt: token.createdAt,
  };
}

/** The record of the import itself; its id follows from what was imported, so that a repeated run adds no second. */
export function importAudit(action: AuditAction, accountId: string, resourceId: string, timestamp: Date): AuditRecord {
  const digest = createHash('sha256').update(`${action}\n${resourceId}`).digest('hex');
  return {
    id: `imp_${digest.slice(0, 40)}`,
    accountId,
    action,
    resourceId,
    ip: '',
    userAgent: 'tollgate import',
    result: 'success',
    timestamp,
  };
}
