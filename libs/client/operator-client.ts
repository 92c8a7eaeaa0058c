import { ApiCaller, type ConnectionOptions, type RetryOptions } from './api-caller';
import { TollgateUsageError } from './errors';
import type {
  AccountPage,
  ListAccountsInput,
  OperatorAuditLogsInput,
  OperatorAuditPage,
  OperatorTokenPage,
} from './operator-wire';
import type { WireRequest } from './transport';
import { idSegment, uriWithQuery } from './uri';
import type { Account, AccountStatus, ListTokensInput, RateLimit, SetValidationLogInput, TokenDetail } from './wire';

export interface OperatorClientOptions extends ConnectionOptions, RetryOptions {
  /** The key in `DATA_DIR/operator.key`, or the api's `OPERATOR_KEY`. */
  readonly operatorKey: string;
}

/** The operator's client of `/api/v2/admin`: every account, whoever it belongs to. Errors as with `TollgateClient`. */
export class OperatorClient {
  readonly #operatorKey: string;
  readonly #caller: ApiCaller;

  constructor(options: OperatorClientOptions) {
    if (!/^[\x21-\x7e]{1,512}$/.test(options.operatorKey)) throw new TollgateUsageError('operatorKey is malformed');
    this.#operatorKey = options.operatorKey;
    this.#caller = new ApiCaller(options);
  }

  /** One page of accounts, newest first. */
  async listAccounts(input: ListAccountsInput = {}): Promise<AccountPage> {
    return this.#call({ method: 'GET', uri: uriWithQuery('/api/v2/admin/accounts', input) });
  }

  async getAccount(accountId: string): Promise<Account> {
    return this.#call({ method: 'GET', uri: accountUri(accountId) });
  }

  /** Suspends an account (its keys and tokens are refused) or lets it in again. */
  async setAccountStatus(accountId: string, status: AccountStatus): Promise<Account> {
    return this.#call({ method: 'PUT', uri: `${accountUri(accountId)}/status`, body: JSON.stringify({ status }) });
  }

  /** @param rateLimit `null` takes the limits away */
  async setAccountRateLimit(accountId: string, rateLimit: RateLimit | null): Promise<Account> {
    const body = JSON.stringify({ rate_limit: rateLimit });
    return this.#call({ method: 'PUT', uri: `${accountUri(accountId)}/rate-limit`, body });
  }

  /** Has each validation of an account's tokens written down, or stops it. */
  async setAccountValidationLog(accountId: string, input: SetValidationLogInput): Promise<Account> {
    return this.#call({ method: 'PUT', uri: `${accountUri(accountId)}/validation-log`, body: JSON.stringify(input) });
  }

  /** One page of an account's tokens with their limits, newest first. */
  async listAccountTokens(accountId: string, input: ListTokensInput = {}): Promise<OperatorTokenPage> {
    return this.#call({ method: 'GET', uri: uriWithQuery(`${accountUri(accountId)}/tokens`, input) });
  }

  /** @param rateLimit `null` takes the limits away */
  async setTokenRateLimit(accountId: string, tokenId: string, rateLimit: RateLimit | null): Promise<TokenDetail> {
    const uri = `${accountUri(accountId)}/tokens/${idSegment('tokenId', tokenId)}/rate-limit`;
    return this.#call({ method: 'PUT', uri, body: JSON.stringify({ rate_limit: rateLimit }) });
  }

  /** One page of the audit trail over all accounts, newest first. */
  async auditLogs(input: OperatorAuditLogsInput = {}): Promise<OperatorAuditPage> {
    return this.#call({ method: 'GET', uri: uriWithQuery('/api/v2/admin/audit-logs', input) });
  }

  async #call<T>(request: WireRequest): Promise<T> {
    return this.#caller.call<T>(request, () => ({ Authorization: `Bearer ${this.#operatorKey}` }));
  }
}

function accountUri(accountId: string): string {
  return `/api/v2/admin/accounts/${idSegment('accountId', accountId)}`;
}
