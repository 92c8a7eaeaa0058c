import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { TollgateError } from '@tollgate/domain';
import { OperatorGate, PublicGate } from '../rate-limits/gates.guard';
import { AccountPolicy } from './account-policy';

/** Closes what makes no sense while accounts live in an external directory. */
@Injectable()
export class LocalAccountsGuard implements CanActivate {
  constructor(private readonly policy: AccountPolicy) {}

  canActivate(): boolean {
    if (this.policy.external) throw new TollgateError('not_supported', 'accounts are managed by an external directory');
    return true;
  }
}

/** With `REGISTRATION_MODE=admin` only an operator registers accounts. */
@Injectable()
export class RegistrationGuard implements CanActivate {
  constructor(
    private readonly policy: AccountPolicy,
    private readonly everybody: PublicGate,
    private readonly operator: OperatorGate,
  ) {}

  canActivate(context: ExecutionContext): Promise<boolean> {
    return this.policy.openRegistration ? this.everybody.canActivate(context) : this.operator.canActivate(context);
  }
}
