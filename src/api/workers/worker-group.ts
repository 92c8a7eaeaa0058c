import type { ApiLink } from './api-link';

/** The workers that serve the api together. */
export class WorkerGroup {
  /**
   * @param size processes that serve, this one included
   * @param primary the way to what they share; `undefined` where this process is alone
   */
  constructor(
    readonly size: number,
    readonly primary: ApiLink | undefined,
  ) {}
}
