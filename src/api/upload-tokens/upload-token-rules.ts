import type { CidrList } from '@tollgate/config';
import { TollgateError } from '@tollgate/domain';
import type { UploadPolicy } from '../uploads/upload-policy';
import { callbackUrlProblem } from './callback-url';

/** What an issuer asks for, checked in itself; what is absent binds nothing beyond the settings. */
export interface NewUploadToken {
  readonly maxBytes?: number | undefined;
  readonly allowedTypes?: readonly string[] | undefined;
  readonly fileName?: string | undefined;
  readonly fileNamePrefix?: string | undefined;
  readonly ownerLabel?: string | undefined;
  readonly callbackUrl?: string | undefined;
  /** Absent: as the settings say. */
  readonly lifetimeSeconds?: number | undefined;
}

/** What the fields are called where they are sent, for the texts of refusals. */
export type FieldNames = Readonly<Record<'maxBytes' | 'allowedTypes' | 'fileNamePrefix' | 'callbackUrl', string>>;

/** What the installation says of tokens. */
export class UploadTokenRules {
  /**
   * @param lifetimeMs of a token whose issuer names none
   * @param callbackNetworks that may be told of uploads although they are not public
   */
  constructor(
    readonly lifetimeMs: number,
    private readonly callbackNetworks: CidrList,
    private readonly policy: UploadPolicy,
  ) {}

  /** @throws TollgateError `invalid_request` for what the installation does not allow, naming the field */
  check(wanted: NewUploadToken, names: FieldNames): void {
    const largest = this.policy.maxBytes(undefined);
    if (wanted.maxBytes !== undefined && wanted.maxBytes > largest) {
      throw wrong(names.maxBytes, `must be at most ${String(largest)}`);
    }
    const foreign = wanted.allowedTypes?.find((type) => !this.policy.allowsType(type, undefined));
    if (foreign !== undefined) {
      throw wrong(names.allowedTypes, `${foreign} is not within ${this.policy.allowedTypes.join(', ')}`);
    }
    if (wanted.fileName !== undefined && wanted.fileNamePrefix !== undefined) {
      throw wrong(names.fileNamePrefix, 'makes no sense together with a whole file name');
    }
    if (wanted.callbackUrl !== undefined) {
      const problem = callbackUrlProblem(wanted.callbackUrl, this.callbackNetworks);
      if (problem !== undefined) throw wrong(names.callbackUrl, problem);
    }
  }
}

function wrong(field: string, rule: string): TollgateError {
  return new TollgateError('invalid_request', `${field}: ${rule}`);
}
