import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Log } from '@tollgate/observability';
import { LRUCache } from 'lru-cache';
import { UserDirectory, type UserInfo } from '../validation/user-directory';
import type { JsonDirectory } from './json-directory';

const MAX_CACHED = 50_000;
const FIELDS = [
  'uid',
  'iuid',
  'email',
  'username',
  'utype',
  'activated',
  'disabled_type',
  'disabled_reason',
  'disabled_at',
  'parent_uid',
  'created_at',
  'updated_at',
  'last_login_at',
] as const;

/** Looks users up over HTTP. Their absence is cached like their presence; a failure is not. */
@Injectable()
export class HttpUserDirectory extends UserDirectory implements OnModuleDestroy {
  private readonly cache: LRUCache<string, { readonly user: UserInfo | undefined }>;
  private readonly asking = new Map<string, Promise<UserInfo | undefined>>();

  /** @param directory `undefined` when none is configured: nobody is found then */
  constructor(
    private readonly directory: JsonDirectory | undefined,
    private readonly log: Log,
    private readonly cacheTtlMs: number,
  ) {
    super();
    this.cache = new LRUCache({ max: MAX_CACHED, ttl: Math.max(1, cacheTtlMs) });
  }

  override async find(
    user: { readonly uid: string; readonly iuid?: string } | undefined,
  ): Promise<UserInfo | undefined> {
    if (this.directory === undefined || user === undefined) return undefined;
    const key = `${user.uid}:${user.iuid ?? ''}`;
    const cached = this.cache.get(key);
    if (cached !== undefined) return cached.user;
    const running = this.asking.get(key);
    if (running !== undefined) return running;
    const asking = this.ask(this.directory, key, user).finally(() => this.asking.delete(key));
    this.asking.set(key, asking);
    return asking;
  }

  onModuleDestroy(): void {
    this.directory?.close();
  }

  private async ask(
    directory: JsonDirectory,
    key: string,
    user: { readonly uid: string; readonly iuid?: string },
  ): Promise<UserInfo | undefined> {
    try {
      const query = { uid: user.uid, ...(user.iuid === undefined ? {} : { iuid: user.iuid }) };
      const answer = await directory.find(query);
      const found = answer === undefined ? undefined : pickFields(answer);
      if (this.cacheTtlMs > 0) this.cache.set(key, { user: found });
      return found;
    } catch (error) {
      this.log.warn({ err: error }, 'user directory unavailable; user_info is null');
      return undefined;
    }
  }
}

/** The contract's fields and no others: a directory may say more than a token's bearer should learn. */
function pickFields(answer: Readonly<Record<string, unknown>>): UserInfo {
  return Object.fromEntries(
    FIELDS.filter((field) => answer[field] !== undefined).map((field) => [field, answer[field]]),
  );
}
