import type { StallRuleOptions } from './stall-rule';

/** How slow an upload may be; a class, to be injected. */
export class UploadPace implements StallRuleOptions {
  constructor(
    readonly windowMs: number,
    readonly minRate: number,
  ) {}
}
