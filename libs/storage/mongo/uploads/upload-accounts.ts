import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type AccountStatus, UPLOAD_ADMIN } from '@tollgate/domain';
import { Model } from 'mongoose';
import { AccountDocument } from '../schemas/account.schema';
import { onStore } from '../store-errors';

/** What uploads need to know of the accounts that own them. */
@Injectable()
export class UploadAccounts {
  constructor(@InjectModel(AccountDocument.name) private readonly accounts: Model<AccountDocument>) {}

  /** @returns `undefined` when the account is gone */
  async findStatus(accountId: string): Promise<AccountStatus | undefined> {
    if (accountId === UPLOAD_ADMIN) return 'active';
    const account = await onStore(() =>
      this.accounts.findById(accountId).select({ _id: 0, status: 1 }).lean<Pick<AccountDocument, 'status'>>().exec(),
    );
    return account?.status;
  }
}
