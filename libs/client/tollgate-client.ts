import { ApiCaller, type ConnectionOptions, type RetryOptions } from './api-caller';
import { systemClock } from './client-clock';
import { TollgateUsageError } from './errors';
import { RequestDates } from './request-dates';
import { signRequest } from './sign-request';
import type { WireRequest } from './transport';
import { idSegment, uriWithQuery } from './uri';
import type {
  Account,
  AuditLogsInput,
  AuditPage,
  CreatedToken,
  CreateTokenInput,
  ListTokensInput,
  ListValidationsInput,
  PermissionCatalogue,
  RegeneratedSecretKey,
  RegisteredAccount,
  RegisterInput,
  SetValidationLogInput,
  TokenDeletion,
  TokenDetail,
  TokenPage,
  TokenStats,
  TokenStatusChange,
  TokenUsage,
  TokenUsageInput,
  UpdateTokenInput,
  ValidationLog,
  ValidationPage,
} from './wire';

const VALIDATION_LOG_URI = '/api/v2/accounts/me/validation-log';

export interface TollgateClientOptions extends ConnectionOptions, RetryOptions {
  /** Both keys or none; without them only `register` and `permissions` can be called. */
  readonly accessKey?: string | undefined;
  readonly secretKey?: string | undefined;
}

interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
}

/**
 * A tenant's client of the management API. Every request is signed with the tenant's keys, query and body included.
 *
 * Every method rejects with `TollgateApiError` when the api refuses or fails, with `TollgateTransportError` when it
 * can't be asked, and with `TollgateUsageError` before anything is sent when an argument is impossible.
 */
export class TollgateClient {
  readonly #options: TollgateClientOptions;
  readonly #credentials: Credentials | undefined;
  readonly #caller: ApiCaller;
  readonly #dates: RequestDates;

  constructor(options: TollgateClientOptions) {
    this.#options = options;
    this.#credentials = checkedCredentials(options);
    this.#caller = new ApiCaller(options);
    this.#dates = new RequestDates(options.clock ?? systemClock);
  }

  /** The same client with other keys, such as those that `register` returned. */
  withCredentials(accessKey: string, secretKey: string): TollgateClient {
    return new TollgateClient({ ...this.#options, accessKey, secretKey });
  }

  /** Makes an account. Needs no keys; its answer holds them, this once. */
  async register(input: RegisterInput): Promise<RegisteredAccount> {
    return this.#open({ method: 'POST', uri: '/api/v2/accounts/register', body: JSON.stringify(input) });
  }

  /** The account that the keys belong to. */
  async me(): Promise<Account> {
    return this.#signed({ method: 'GET', uri: '/api/v2/accounts/me' });
  }

  /** Replaces the SecretKey. This client keeps the old one, which is dead from now on: see `withCredentials`. */
  async regenerateSecretKey(): Promise<RegeneratedSecretKey> {
    return this.#signed({ method: 'POST', uri: '/api/v2/accounts/regenerate-sk' });
  }

  async createToken(input: CreateTokenInput): Promise<CreatedToken> {
    return this.#signed({ method: 'POST', uri: '/api/v2/tokens', body: JSON.stringify(input) });
  }

  /** One page of the account's tokens, newest first. */
  async listTokens(input: ListTokensInput = {}): Promise<TokenPage> {
    return this.#signed({ method: 'GET', uri: uriWithQuery('/api/v2/tokens', input) });
  }

  async getToken(tokenId: string): Promise<TokenDetail> {
    return this.#signed({ method: 'GET', uri: tokenUri(tokenId) });
  }

  /** Changes what a token is called or what it may do; the value stays. */
  async updateToken(tokenId: string, input: UpdateTokenInput): Promise<TokenDetail> {
    return this.#signed({ method: 'PATCH', uri: tokenUri(tokenId), body: JSON.stringify(input) });
  }

  /** Switches a token off, or on again. */
  async setTokenStatus(tokenId: string, isActive: boolean): Promise<TokenStatusChange> {
    const body = JSON.stringify({ is_active: isActive });
    return this.#signed({ method: 'PUT', uri: `${tokenUri(tokenId)}/status`, body });
  }

  /** Revokes a token for good. */
  async deleteToken(tokenId: string): Promise<TokenDeletion> {
    return this.#signed({ method: 'DELETE', uri: tokenUri(tokenId) });
  }

  async tokenStats(tokenId: string): Promise<TokenStats> {
    return this.#signed({ method: 'GET', uri: `${tokenUri(tokenId)}/stats` });
  }

  /** How validations of a token ended, by the day or the hour. */
  async tokenUsage(tokenId: string, input: TokenUsageInput = {}): Promise<TokenUsage> {
    return this.#signed({ method: 'GET', uri: uriWithQuery(`${tokenUri(tokenId)}/usage`, input) });
  }

  /** One page of single validations, newest first. Only an account with its validation log switched on has any. */
  async listValidations(tokenId: string, input: ListValidationsInput = {}): Promise<ValidationPage> {
    return this.#signed({ method: 'GET', uri: uriWithQuery(`${tokenUri(tokenId)}/validations`, input) });
  }

  async validationLog(): Promise<ValidationLog> {
    return this.#signed({ method: 'GET', uri: VALIDATION_LOG_URI });
  }

  /** Has each validation of the account's tokens written down, or stops it. */
  async setValidationLog(input: SetValidationLogInput): Promise<ValidationLog> {
    return this.#signed({ method: 'PUT', uri: VALIDATION_LOG_URI, body: JSON.stringify(input) });
  }

  /** The catalogue of well-known scopes. Needs no keys. */
  async permissions(): Promise<PermissionCatalogue> {
    return this.#open({ method: 'GET', uri: '/api/v2/permissions' });
  }

  /** One page of the account's audit trail, newest first. */
  async auditLogs(input: AuditLogsInput = {}): Promise<AuditPage> {
    return this.#signed({ method: 'GET', uri: uriWithQuery('/api/v2/audit-logs', input) });
  }

  async #open<T>(request: WireRequest): Promise<T> {
    return this.#caller.call<T>(request, () => ({}));
  }

  async #signed<T>(request: WireRequest): Promise<T> {
    const credentials = this.#credentials;
    if (credentials === undefined) throw new TollgateUsageError('accessKey and secretKey are needed for this request');
    return this.#caller.call<T>(request, ({ method, uri, body }) => ({
      ...signRequest({ ...credentials, method, uri, body: body ?? '', date: this.#dates.next() }),
    }));
  }
}

function tokenUri(tokenId: string): string {
  return `/api/v2/tokens/${idSegment('tokenId', tokenId)}`;
}

function checkedCredentials({ accessKey, secretKey }: TollgateClientOptions): Credentials | undefined {
  if (accessKey === undefined && secretKey === undefined) return undefined;
  if (accessKey === undefined || secretKey === undefined) {
    throw new TollgateUsageError('accessKey and secretKey belong together: give both or none');
  }
  // What may stand in `Authorization: QINIU {AccessKey}:{Signature}`. Values are not repeated: they may be mixed up.
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(accessKey)) throw new TollgateUsageError('accessKey is malformed');
  if (secretKey === '') throw new TollgateUsageError('secretKey is empty');
  return { accessKey, secretKey };
}
