import fc from 'fast-check';
import { ConnectionShares, type ConnectionUse } from './connection-shares';

const TOKEN = 'tt_1';

/** The processes, as the shares know them: each keeps to what it was told last, and can't send away who is there. */
class Crew {
  readonly shares = new ConnectionShares();
  readonly limits = new Map<number, number>();
  readonly used = new Map<number, number>();
  readonly proxies = new Set<number>();
  private readonly hungry = new Set<number>();

  constructor(public max: number) {}

  open(member: number): void {
    this.proxies.add(member);
    if (this.shares.join(member, TOKEN, this.max)) this.deal();
  }

  close(member: number): void {
    this.proxies.delete(member);
  }

  enter(member: number): boolean {
    const used = this.usedBy(member);
    const isAdmitted = this.proxies.has(member) && used < Math.min(this.max, this.limits.get(member) ?? 0);
    if (isAdmitted) this.used.set(member, used + 1);
    else this.hungry.add(member);
    return isAdmitted;
  }

  leave(member: number): void {
    this.used.set(member, Math.max(0, this.usedBy(member) - 1));
  }

  /** What is told once a second. */
  tell(member: number): void {
    const use: ConnectionUse = {
      limitKey: TOKEN,
      max: this.max,
      used: this.usedBy(member),
      isHungry: this.hungry.delete(member),
      isServing: this.proxies.has(member),
    };
    if (this.shares.note(member, [use]).length > 0) this.deal();
  }

  end(member: number): void {
    for (const map of [this.limits, this.used]) map.delete(member);
    this.proxies.delete(member);
    if (this.shares.dropMember(member).length > 0) this.deal();
  }

  get total(): number {
    return [...this.used.values()].reduce((sum, used) => sum + used, 0);
  }

  usedBy(member: number): number {
    return this.used.get(member) ?? 0;
  }

  private deal(): void {
    for (const { member, share } of this.shares.shrinksOf(TOKEN)) {
      this.limits.set(member, share);
      this.shares.shrunk(TOKEN, member, share, this.usedBy(member));
    }
    for (const { member, share } of this.shares.grow(TOKEN)) this.limits.set(member, share);
  }
}

describe('ConnectionShares', () => {
  const fill = (crew: Crew, member: number): number => {
    let admitted = 0;
    while (crew.enter(member)) admitted += 1;
    return admitted;
  };

  it('gives everything to the only process that serves a token', () => {
    const crew = new Crew(10);
    crew.open(1);
    expect(fill(crew, 1)).toBe(10);
  });

  it('gives a second process its part as soon as it has a proxy', () => {
    const crew = new Crew(10);
    crew.open(1);
    crew.open(2);
    expect([fill(crew, 1), fill(crew, 2)]).toEqual([5, 5]);
  });

  it('gives one what the other has to spare, with the next look', () => {
    const crew = new Crew(10);
    crew.open(1);
    crew.open(2);
    expect(fill(crew, 1)).toBe(5);
    for (let looks = 0; looks < 8; looks += 1) {
      for (const member of [1, 2]) crew.tell(member);
      fill(crew, 1);
    }
    expect(crew.usedBy(1)).toBe(10);
  });

  it('gives back what a process had that has ended, or has no proxy of the token any more', () => {
    const crew = new Crew(10);
    for (const member of [1, 2, 3]) crew.open(member);
    crew.end(2);
    crew.close(3);
    crew.tell(3);
    expect(fill(crew, 1)).toBe(10);
  });

  it('keeps to a maximum that was lowered, once there are fewer users than that', () => {
    const crew = new Crew(10);
    crew.open(1);
    crew.open(2);
    fill(crew, 1);
    fill(crew, 2);
    crew.max = 4;
    for (const member of [1, 2]) crew.tell(member);
    expect([crew.enter(1), crew.enter(2)]).toEqual([false, false]);
    for (let gone = 0; gone < 5; gone += 1) for (const member of [1, 2]) crew.leave(member);
    for (const member of [1, 2, 1, 2]) crew.tell(member);
    expect(fill(crew, 1) + fill(crew, 2)).toBe(4);
  });

  it('forgets a token that nobody serves and nobody knows a maximum of any more', () => {
    const crew = new Crew(10);
    for (const member of [1, 2]) crew.open(member);
    crew.max = 0;
    for (const member of [1, 2]) {
      crew.close(member);
      crew.tell(member);
    }
    expect([crew.shares.count, crew.limits.get(1), crew.limits.get(2)]).toEqual([0, 0, 0]);
  });

  it('takes up a token that had no maximum when its proxies were opened', () => {
    const crew = new Crew(0);
    crew.open(1);
    crew.max = 3;
    crew.tell(1);
    expect(fill(crew, 1)).toBe(3);
  });

  it('never admits more than the maximum over all processes, and all of it where it is wanted', () => {
    const member = fc.integer({ min: 1, max: 3 });
    const action = fc.tuple(fc.constantFrom('open', 'close', 'enter', 'enter', 'leave', 'tell', 'end'), member);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.array(action, { maxLength: 60 }), (max, actions) => {
        const crew = new Crew(max);
        for (const [what, who] of actions) {
          crew[what as 'open'].call(crew, who);
          expect(crew.total).toBeLessThanOrEqual(max);
        }
        crew.open(1);
        for (let looks = 0; looks < 16; looks += 1) {
          fill(crew, 1);
          for (const each of [1, 2, 3]) crew.tell(each);
        }
        fill(crew, 1);
        expect(crew.total).toBe(max);
      }),
      { numRuns: 500 },
    );
  });
});
