import { TollgateError } from '@tollgate/domain';
import { FIELD_OF, type TunnelFieldValues } from './tunnel-fields';

/** What this installation lets accounts do with tunnel tokens. Operators are not bound by it. */
export class TunnelPolicy {
  /**
   * @param maxTokens of one account; of those that a rotation replaced there may be as many again
   * @param selfService `limited`: accounts may look, rotate, delete and describe; everything else is an operator's
   * @param defaultRegion of a token that names none; `undefined`: each must name one
   */
  constructor(
    readonly maxTokens: number,
    readonly selfService: 'full' | 'limited',
    readonly defaultRegion: string | undefined,
  ) {}

  /** @throws TollgateError `permission_denied` */
  checkMayCreate(): void {
    if (this.selfService === 'limited') {
      throw new TollgateError('permission_denied', 'tunnel tokens are made by operators here');
    }
  }

  /**
   * Whether an account may give a token these fields.
   * @throws TollgateError `permission_denied`
   */
  checkFields(fields: TunnelFieldValues): void {
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    const refused = given.find(([name]) => this.selfService === 'limited' && name !== FIELD_OF.description);
    if (refused !== undefined) {
      throw new TollgateError('permission_denied', `${refused[0]}: is changed by operators only here`);
    }
    const { custom_domains: domains } = fields;
    // Whoever holds a wildcard gets what is meant for other tenants who have yet to claim it.
    if (Array.isArray(domains) && domains.some((domain) => String(domain).startsWith('*'))) {
      throw new TollgateError('permission_denied', 'custom_domains: wildcards are given by operators only');
    }
  }
}
