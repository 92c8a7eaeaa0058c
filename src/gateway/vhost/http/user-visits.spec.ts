import type { TargetGate } from './http-target';
import { UserVisits } from './user-visits';

class TestGate implements TargetGate {
  users = 0;
  isOpen = true;

  constructor(private readonly maxUsers: number) {}

  enter(): boolean {
    if (!this.isOpen || this.users >= this.maxUsers) return false;
    this.users += 1;
    return true;
  }

  leave(): void {
    this.users -= 1;
  }

  admitsRequests(): boolean {
    return this.isOpen;
  }
}

describe('UserVisits', () => {
  it('counts a connection once for each tenant, whatever its requests, and until it is over', () => {
    const gates = [new TestGate(1), new TestGate(1)] as const;
    const visits = new UserVisits();
    for (const gate of [...gates, ...gates]) expect(visits.admits(gate)).toBe(true);
    expect(gates.map(({ users }) => users)).toEqual([1, 1]);
    expect(new UserVisits().admits(gates[0])).toBe(false);
    visits.leave();
    visits.leave();
    expect(gates.map(({ users }) => users)).toEqual([0, 0]);
  });

  it('turns away requests of connections that are there when the gate closes', () => {
    const gate = new TestGate(2);
    const visits = new UserVisits();
    visits.admits(gate);
    gate.isOpen = false;
    expect([visits.admits(gate), gate.users]).toEqual([false, 1]);
    gate.isOpen = true;
    expect(visits.admits(gate)).toBe(true);
  });

  it('counts nothing for a connection that is over', () => {
    const gate = new TestGate(1);
    const visits = new UserVisits();
    visits.leave();
    expect([visits.admits(gate), gate.users]).toEqual([false, 0]);
  });

  it('lets anybody in where there is no gate', () => {
    expect(new UserVisits().admits(undefined)).toBe(true);
  });
});
