import { CircuitBreaker, type CircuitState, type Permit } from './circuit-breaker';
import { MAX_FAILURES, OPEN_MS } from './limits';

function build() {
  const states: CircuitState[] = [];
  const breaker = new CircuitBreaker((state) => states.push(state));
  const admit = (nowMs: number): Permit => {
    const permit = breaker.admit(nowMs);
    if (permit === undefined) throw new Error('not admitted');
    return permit;
  };
  return { breaker, states, admit };
}

describe('CircuitBreaker', () => {
  it('opens after three failures in a row, not before', () => {
    const { breaker, states, admit } = build();
    for (let failure = 1; failure < MAX_FAILURES; failure += 1) breaker.failed(admit(0), 'late', 0);
    expect(breaker.isClosed).toBe(true);
    breaker.failed(admit(0), 'late', 0);
    expect(states).toEqual(['open']);
    expect(breaker.admit(OPEN_MS - 1)).toBeUndefined();
  });

  it('counts failures anew after a success', () => {
    const { breaker, states, admit } = build();
    for (let round = 0; round < 5; round += 1) {
      for (let failure = 1; failure < MAX_FAILURES; failure += 1) breaker.failed(admit(0), 'late', 0);
      breaker.succeeded(admit(0));
    }
    expect(states).toEqual([]);
  });

  it('opens at once when the connection is lost', () => {
    const { breaker, states, admit } = build();
    breaker.failed(admit(0), 'lost', 0);
    expect(states).toEqual(['open']);
  });

  it('does not open for calls that had less than their time', () => {
    const { breaker, states, admit } = build();
    for (let failure = 0; failure < 10; failure += 1) breaker.failed(admit(0), 'cut', 0);
    expect(states).toEqual([]);
  });

  it('lets one probe through after its pause, and closes when that is answered', () => {
    const { breaker, states, admit } = build();
    breaker.failed(admit(0), 'lost', 0);
    expect(breaker.wouldAdmit(OPEN_MS)).toBe(true);
    const probe = admit(OPEN_MS);
    expect(breaker.wouldAdmit(OPEN_MS)).toBe(false);
    expect(breaker.admit(OPEN_MS * 9)).toBeUndefined();
    breaker.succeeded(probe);
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });

  it.each(['lost', 'late', 'cut'] as const)('pauses again when the probe fails: %s', (failure) => {
    const { breaker, states, admit } = build();
    breaker.failed(admit(0), 'lost', 0);
    breaker.failed(admit(OPEN_MS), failure, OPEN_MS + 50);
    expect(states).toEqual(['open', 'half-open', 'open']);
    expect(breaker.admit(OPEN_MS * 2 + 49)).toBeUndefined();
    expect(breaker.admit(OPEN_MS * 2 + 50)).toBeDefined();
  });

  it('ignores what calls from before a change of state report', () => {
    const { breaker, states, admit } = build();
    const early = admit(0);
    breaker.failed(admit(0), 'lost', 0);
    breaker.succeeded(early);
    const probe = admit(OPEN_MS);
    breaker.failed(early, 'lost', OPEN_MS);
    breaker.succeeded(early);
    expect(states).toEqual(['open', 'half-open']);
    breaker.succeeded(probe);
    breaker.failed(early, 'lost', OPEN_MS);
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });
});
