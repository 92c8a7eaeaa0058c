import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import {
  SecretSealer,
  type SigningCredential,
  SigningCredentialSource,
  StaticMasterKeyRing,
  newMasterKey,
} from '@tollgate/auth';
import {
  AccountRepository,
  type AccountStatus,
  Clock,
  DuplicateError,
  type SealedSecret,
  TollgateError,
} from '@tollgate/domain';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { UploadTokensService } from '../upload-tokens/upload-tokens.service';
import type { JsonDirectory } from './json-directory';

/** How long an AccessKey that nobody has is remembered, at most. */
const UNKNOWN_TTL_MS = 5_000;
const MAX_CACHED = 50_000;

const answerSchema = z.object({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  email: z.string().max(254).default(''),
  access_key: z.string(),
  secret_key: z.string().min(1),
  status: z.string(),
});

interface Cached {
  readonly accountId: string;
  readonly status: AccountStatus;
  readonly sealed: SealedSecret;
}

/**
 * Signing secrets from an external directory of accounts. They are cached briefly, sealed under a key that lives only in
 * this process. What the directory says of an account's status is written to our records, for validations to see, and a
 * suspended account's upload tokens are revoked, as by an operator's suspension.
 */
@Injectable()
export class ExternalCredentialSource extends SigningCredentialSource implements OnModuleDestroy {
  private readonly sealer = new SecretSealer(new StaticMasterKeyRing([newMasterKey()]));
  private readonly known: LRUCache<string, Cached>;
  private readonly unknown: LRUCache<string, true>;
  private readonly asking = new Map<string, Promise<Cached | undefined>>();

  /** @param cacheTtlMs how long an answer is believed; 0 for not at all */
  constructor(
    private readonly directory: JsonDirectory,
    private readonly accounts: AccountRepository,
    private readonly uploadTokens: Pick<UploadTokensService, 'revokeAll'>,
    private readonly clock: Clock,
    private readonly cacheTtlMs: number,
  ) {
    super();
    // A ttl of 0 would mean "for ever" to the cache; its writes are skipped then, see ask().
    this.known = new LRUCache({ max: MAX_CACHED, ttl: Math.max(1, cacheTtlMs) });
    this.unknown = new LRUCache({ max: MAX_CACHED, ttl: Math.max(1, Math.min(cacheTtlMs, UNKNOWN_TTL_MS)) });
  }

  override async findByAccessKey(accessKey: string): Promise<SigningCredential | undefined> {
    if (this.unknown.has(accessKey)) return undefined;
    const cached = this.known.get(accessKey) ?? (await this.askOnce(accessKey));
    if (cached === undefined) return undefined;
    const { accountId, status, sealed } = cached;
    const credential = { accountId, status, secretKey: this.sealer.open(accountId, sealed) };
    // Not cached: limits are ours, and a changed one counts from the next request on.
    const rateLimit = (await this.accounts.findById(accountId))?.rateLimit;
    return rateLimit === undefined ? credential : { ...credential, rateLimit };
  }

  onModuleDestroy(): void {
    this.directory.close();
  }

  private askOnce(accessKey: string): Promise<Cached | undefined> {
    const running = this.asking.get(accessKey);
    if (running !== undefined) return running;
    const asking = this.ask(accessKey).finally(() => this.asking.delete(accessKey));
    this.asking.set(accessKey, asking);
    return asking;
  }

  private async ask(accessKey: string): Promise<Cached | undefined> {
    const answer = await this.directory.find({ access_key: accessKey });
    if (answer === undefined) {
      if (this.cacheTtlMs > 0) this.unknown.set(accessKey, true);
      return undefined;
    }
    const parsed = answerSchema.safeParse(answer);
    if (!parsed.success || parsed.data.access_key !== accessKey) {
      throw new TollgateError('unavailable', 'account directory answered something unusable', { retryAfterSeconds: 5 });
    }
    const { id, email, secret_key: secretKey, status: word } = parsed.data;
    // Anything but a plain "active" is taken for the safe side.
    const status: AccountStatus = word === 'active' ? 'active' : 'suspended';
    await this.keepShadow(id, email, status);
    // Whenever it is told, not only when it is news: whoever was told first may not have come to it.
    if (status === 'suspended') await this.revokeUploadTokens(id);
    const cached: Cached = { accountId: id, status, sealed: this.sealer.seal(id, secretKey) };
    if (this.cacheTtlMs > 0) this.known.set(accessKey, cached);
    return cached;
  }

  /** Not those of an account of ours that has the same id: its status is not the directory's to say. */
  private async revokeUploadTokens(accountId: string): Promise<void> {
    const account = await this.accounts.findById(accountId);
    if (account?.status === 'suspended') await this.uploadTokens.revokeAll(accountId);
  }

  /** The email is for people; where another account holds it already, the shadow does without. */
  private async keepShadow(id: string, email: string, status: AccountStatus): Promise<void> {
    const now = this.clock.now();
    const shadow = { id, company: '', status, origin: 'directory', createdAt: now, updatedAt: now } as const;
    try {
      await this.accounts.upsertFromDirectory(email === '' ? shadow : { ...shadow, email: email.toLowerCase() });
    } catch (error) {
      if (!(error instanceof DuplicateError)) throw error;
      await this.accounts.upsertFromDirectory(shadow);
    }
  }
}
