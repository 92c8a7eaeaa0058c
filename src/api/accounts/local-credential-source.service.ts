import { Injectable } from '@nestjs/common';
import { SecretSealer, type SigningCredential, SigningCredentialSource } from '@tollgate/auth';
import { AccountRepository, newSecretKey } from '@tollgate/domain';

const NOBODY = 'acc_nobody';

/**
 * Signing secrets from our own records, read for every request: a regenerated SecretKey or a suspension counts from the
 * moment it is stored, in every process.
 */
@Injectable()
export class LocalCredentialSource extends SigningCredentialSource {
  private readonly decoy;

  constructor(
    private readonly accounts: AccountRepository,
    private readonly sealer: SecretSealer,
  ) {
    super();
    this.decoy = sealer.seal(NOBODY, newSecretKey());
  }

  override async findByAccessKey(accessKey: string): Promise<SigningCredential | undefined> {
    const account = await this.accounts.findByAccessKey(accessKey);
    if (account?.credentials === undefined) {
      // An unknown AccessKey costs as much as a known one, so that its absence can't be timed.
      this.sealer.open(NOBODY, this.decoy);
      return undefined;
    }
    const secretKey = this.sealer.open(account.id, account.credentials.secretSealed);
    const credential = { accountId: account.id, status: account.status, secretKey };
    return account.rateLimit === undefined ? credential : { ...credential, rateLimit: account.rateLimit };
  }
}
