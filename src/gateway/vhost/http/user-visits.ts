import type { TargetGate } from './http-target';

/** What a user's connection counts for: once for each tenant that it has sent a request to, until it closes. */
export class UserVisits {
  private gates: Set<TargetGate> | undefined;
  private isOver = false;

  /**
   * Asked for each request.
   * @param gate of the tenant that serves it; absent where anybody is let in
   * @returns `false`: the request is to be turned away
   */
  admits(gate: TargetGate | undefined): boolean {
    if (gate === undefined) return true;
    if (this.isOver) return false;
    if (this.gates?.has(gate) === true) return gate.admitsRequests();
    if (!gate.enter()) return false;
    (this.gates ??= new Set()).add(gate);
    return true;
  }

  /** The connection is over. */
  leave(): void {
    this.isOver = true;
    const { gates } = this;
    this.gates = undefined;
    if (gates !== undefined) for (const gate of gates) gate.leave();
  }
}
