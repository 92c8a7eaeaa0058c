import { Strategy } from 'passport';
import type { Principal } from '../principal';
import type { AuthenticatedRequest } from './request-state';

type Verify = (request: AuthenticatedRequest, done: (error: unknown, principal?: Principal | null) => void) => void;

/** The passport strategy beneath ours: hands over the whole request and passes on what comes back. */
export class RequestStrategy extends Strategy {
  constructor(private readonly verify: Verify) {
    super();
  }

  override authenticate(request: unknown): void {
    this.verify(request as AuthenticatedRequest, (error, principal) => {
      // Nest's adapter hands over `null` with an error.
      if (principal === undefined || principal === null) this.error(error);
      else this.success(principal);
    });
  }
}
