import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SecretSealer } from '@tollgate/auth';
import {
  type AuditData,
  Clock,
  type Page,
  type PageRequest,
  TollgateError,
  UPLOAD_ADMIN,
  type UploadCallbackTarget,
  UploadReservations,
  type UploadToken,
  type UploadTokenFilter,
  type UploadTokenOptions,
  UploadTokenRepository,
  hashToken,
  isIdShaped,
  newBearerToken,
  newUploadTokenId,
  previewToken,
  uploadTokenPurgeAt,
} from '@tollgate/domain';
import { AuditTrail } from '../audit/audit-trail.service';
import type { Caller } from '../http/caller';
import { UploadPolicy } from '../uploads/upload-policy';
import type { StorageOwner } from './storage-owner';
import { UploadTokenLog } from './upload-token-log';
import { UploadTokenMetrics } from './upload-token-metrics';
import { type FieldNames, type NewUploadToken, UploadTokenRules } from './upload-token-rules';
import { type UploadTokenState, uploadTokenState } from './upload-token-state';

const TOKEN_PREFIX = 'ut';
/** Form and length of a secret by Standard Webhooks, "Signature scheme": `whsec_` and base64 of 24 to 64 bytes. */
const CALLBACK_SECRET_PREFIX = 'whsec_';
const CALLBACK_SECRET_BYTES = 32;
const SECOND_MS = 1_000;

/** Whose a new token is. */
export interface UploadTokenIssuer {
  /** An account, or `UPLOAD_ADMIN`. */
  readonly accountId: string;
  readonly iuid?: string | undefined;
  /** For the audit trail: what else is known of who asks. */
  readonly auditData?: AuditData;
}

/** A new token with what is known at this moment only. */
export interface IssuedUploadToken {
  readonly token: UploadToken;
  readonly value: string;
  /** Set when the token has a callback. */
  readonly callbackSecret: string | undefined;
}

/** A token and what has become of it. */
export interface SeenUploadToken {
  readonly token: UploadToken;
  readonly state: UploadTokenState;
}

/** Upload tokens of the upload administrator and of accounts: issued, listed, revoked. */
@Injectable()
export class UploadTokensService {
  constructor(
    private readonly tokens: UploadTokenRepository,
    private readonly reservations: UploadReservations,
    private readonly rules: UploadTokenRules,
    private readonly policy: UploadPolicy,
    private readonly sealer: SecretSealer,
    private readonly audit: AuditTrail,
    private readonly metrics: UploadTokenMetrics,
    private readonly clock: Clock,
    private readonly log: UploadTokenLog,
  ) {}

  /**
   * @param names of the fields, for refusals
   * @throws TollgateError `invalid_request` for what the installation does not allow, `account_suspended` for an account
   * that is suspended by now
   */
  async issue(
    issuer: UploadTokenIssuer,
    wanted: NewUploadToken,
    names: FieldNames,
    caller: Caller,
  ): Promise<IssuedUploadToken> {
    this.rules.check(wanted, names);
    const { accountId, iuid } = issuer;
    const now = this.clock.now();
    const lifetimeMs =
      wanted.lifetimeSeconds === undefined ? this.rules.lifetimeMs : wanted.lifetimeSeconds * SECOND_MS;
    const expiresAt = new Date(now.getTime() + lifetimeMs);
    const value = newBearerToken(TOKEN_PREFIX);
    const callbackSecret = wanted.callbackUrl === undefined ? undefined : newCallbackSecret();
    const token: UploadToken = {
      id: newUploadTokenId(),
      accountId,
      hash: hashToken(value),
      preview: previewToken(value),
      options: optionsOf(wanted, this.callbackOf(accountId, wanted.callbackUrl, callbackSecret)),
      ...(iuid === undefined ? {} : { iuid }),
      createdAt: now,
      expiresAt,
      purgeAt: uploadTokenPurgeAt(expiresAt),
    };
    const audit = this.audit.describe({
      action: 'issue_upload_token',
      accountId,
      resourceId: token.id,
      caller,
      data: { ...issuer.auditData, ...auditDataOf(token) },
    });
    if ((await this.tokens.insert(token, audit)) === 'suspended') {
      throw new TollgateError('account_suspended', 'account suspended');
    }
    this.metrics.countIssued(accountId === UPLOAD_ADMIN ? 'administrator' : 'account');
    this.log.debug({ tokenId: token.id, accountId, expiresAt }, 'upload token issued');
    return { token, value, callbackSecret };
  }

  async list(owner: StorageOwner, filter: UploadTokenFilter, page: PageRequest): Promise<Page<SeenUploadToken>> {
    const { accountId, iuid } = owner;
    const narrowed = iuid === undefined ? filter : { ...filter, iuid };
    const { items, total } = await (accountId === undefined
      ? this.tokens.listAcrossAccounts(narrowed, page)
      : this.tokens.list(accountId, narrowed, page));
    return { items: await this.see(items), total };
  }

  /** @throws TollgateError `not_found` for a token of somebody else exactly as for none */
  async find(owner: StorageOwner, tokenId: string): Promise<SeenUploadToken> {
    return this.seeOne(await this.findOwn(owner, tokenId));
  }

  /**
   * Takes a token back, if it has not had its end; an upload that is under way with it is cut off.
   * @returns it as it is now
   * @throws TollgateError as {@link find}
   */
  async revoke(owner: StorageOwner, tokenId: string, caller: Caller, auditData?: AuditData): Promise<SeenUploadToken> {
    // Whose a token is never changes, so checking it before the write leaves no gap.
    const { accountId } = await this.findOwn(owner, tokenId);
    const audit = this.audit.describe({
      action: 'revoke_upload_token',
      accountId,
      resourceId: tokenId,
      caller,
      ...(auditData === undefined ? {} : { data: auditData }),
    });
    const now = this.clock.now();
    const token = await this.tokens.revoke(accountId, tokenId, now, uploadTokenPurgeAt(now), audit);
    if (token === undefined) throw uploadTokenNotFound();
    this.log.debug({ tokenId, accountId, end: token.end?.reason }, 'upload token revoked');
    return this.seeOne(token);
  }

  /** Takes back all tokens of an account that have not had their end. */
  async revokeAll(accountId: string): Promise<void> {
    const now = this.clock.now();
    const count = await this.tokens.revokeAll(accountId, now, uploadTokenPurgeAt(now));
    this.log.debug({ accountId, count }, 'upload tokens of an account revoked');
  }

  private async findOwn({ accountId, iuid }: StorageOwner, tokenId: string): Promise<UploadToken> {
    if (!isIdShaped(tokenId)) throw uploadTokenNotFound();
    const token = await (accountId === undefined
      ? this.tokens.findByIdAcrossAccounts(tokenId)
      : this.tokens.findById(accountId, tokenId));
    if (token === undefined || (iuid !== undefined && token.iuid !== iuid)) throw uploadTokenNotFound();
    return token;
  }

  private async seeOne(token: UploadToken): Promise<SeenUploadToken> {
    const [seen] = await this.see([token]);
    if (seen === undefined) throw new Error('one token in, none out');
    return seen;
  }

  private async see(tokens: readonly UploadToken[]): Promise<SeenUploadToken[]> {
    const now = this.clock.now();
    const living = tokens.filter(({ end }) => end === undefined);
    const states = living.length === 0 ? undefined : await this.reservations.look(living, now);
    return tokens.map((token) => ({
      token,
      state: uploadTokenState(token, states?.get(token.id), this.policy, now),
    }));
  }

  private callbackOf(
    accountId: string,
    url: string | undefined,
    secret: string | undefined,
  ): UploadCallbackTarget | undefined {
    if (url === undefined || secret === undefined) return undefined;
    return { url: new URL(url).href, secret: this.sealer.seal(accountId, secret) };
  }
}

/** Said of a token of somebody else exactly as of none. */
export function uploadTokenNotFound(): TollgateError {
  return new TollgateError('not_found', 'upload token not found');
}

function newCallbackSecret(): string {
  return CALLBACK_SECRET_PREFIX + randomBytes(CALLBACK_SECRET_BYTES).toString('base64');
}

function optionsOf(wanted: NewUploadToken, callback: UploadCallbackTarget | undefined): UploadTokenOptions {
  const { maxBytes, allowedTypes, fileName, fileNamePrefix, ownerLabel } = wanted;
  return {
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(allowedTypes === undefined ? {} : { allowedTypes: [...new Set(allowedTypes)] }),
    ...(fileName === undefined ? {} : { fileName }),
    ...(fileNamePrefix === undefined ? {} : { fileNamePrefix }),
    ...(ownerLabel === undefined ? {} : { ownerLabel }),
    ...(callback === undefined ? {} : { callback }),
  };
}

/** Of the callback no more than its origin: the rest of an address may be a secret. */
function auditDataOf({ options, expiresAt, iuid }: UploadToken): AuditData {
  const { maxBytes, allowedTypes, fileName, fileNamePrefix, ownerLabel, callback } = options;
  return {
    expires_at: expiresAt.toISOString(),
    ...(maxBytes === undefined ? {} : { max_bytes: maxBytes }),
    ...(allowedTypes === undefined ? {} : { allowed_types: allowedTypes }),
    ...(fileName === undefined ? {} : { file_name: fileName }),
    ...(fileNamePrefix === undefined ? {} : { file_name_prefix: fileNamePrefix }),
    ...(ownerLabel === undefined ? {} : { owner_label: ownerLabel }),
    ...(callback === undefined ? {} : { callback_origin: new URL(callback.url).origin }),
    ...(iuid === undefined ? {} : { iuid }),
  };
}
