interface Format {
  formatBytes(bytes: number, locale: string): string;
  splitDuration(ms: number): { readonly days: number; readonly clock: string };
  shortPreview(preview: string): string;
}
interface Countdown {
  countDown(untilMs: number, nowMs: () => number, onTick: (remainingMs: number) => void): () => void;
}
interface Meter {
  readonly RateMeter: new () => { add(atMs: number, bytes: number): number };
}
interface Refusals {
  refusalOf(status: number, body: unknown, retryAfter: string | null): unknown;
}

const { formatBytes, splitDuration, shortPreview } = jest.requireActual<Format>('./assets/format.js');
const { countDown } = jest.requireActual<Countdown>('./assets/countdown.js');
const { RateMeter } = jest.requireActual<Meter>('./assets/rate-meter.js');
const { refusalOf } = jest.requireActual<Refusals>('./assets/refusal.js');

describe('figures on the page', () => {
  it.each([
    [0, '0 B'],
    [1_023, '1,023 B'],
    [1_024, '1 KiB'],
    [1_587, '1.55 KiB'],
    [52_428_800, '50 MiB'],
    [110_100_480, '105 MiB'],
    [5_497_558_138_880, '5 TiB'],
    [1_125_899_906_842_624, '1,024 TiB'],
  ])('write %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes, 'en')).toBe(text.replace(' ', '\u00a0'));
  });

  it.each([
    [0, 0, '0:00'],
    [1, 0, '0:01'],
    [59_001, 0, '1:00'],
    [3_599_000, 0, '59:59'],
    [3_600_000, 0, '1:00:00'],
    [86_399_000, 0, '23:59:59'],
    [86_400_000, 1, '00:00:00'],
    [604_799_000, 6, '23:59:59'],
    [-5, 0, '0:00'],
  ])('split %d ms into %d days and %s', (ms, days, clock) => {
    expect(splitDuration(ms)).toEqual({ days, clock });
  });

  it('shorten a preview to what it is known by', () => {
    expect(shortPreview(`ut-TG1aB3dE5fG7h${'*'.repeat(30)}kL9mN1pQ3rS5tU7vW9xY1zA3bC5`)).toBe('ut-TG1aB3dE5fG7h…3bC5');
    expect(shortPreview('short')).toBe('short');
  });
});

describe('a countdown', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('tells of every second until nothing is left, and then no more', () => {
    const seen: number[] = [];
    countDown(Date.now() + 2_500, Date.now, (remainingMs) => seen.push(remainingMs));
    jest.advanceTimersByTime(60_000);
    expect(seen).toEqual([2_500, 2_000, 1_000, 0]);
  });

  it('ends at once where the time is over', () => {
    const seen: number[] = [];
    countDown(Date.now() - 1, Date.now, (remainingMs) => seen.push(remainingMs));
    expect(seen).toEqual([0]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('can be stopped', () => {
    const seen: number[] = [];
    const stop = countDown(Date.now() + 5_000, Date.now, (remainingMs) => seen.push(remainingMs));
    jest.advanceTimersByTime(1_000);
    stop();
    jest.advanceTimersByTime(60_000);
    expect(seen).toEqual([5_000, 4_000]);
  });
});

describe('a rate', () => {
  it('is that of the last seconds', () => {
    const meter = new RateMeter();
    expect(meter.add(0, 0)).toBe(0);
    expect(meter.add(1_000, 500)).toBe(500);
    expect(meter.add(4_000, 30_500)).toBe(10_000);
  });

  it('is known of a slow sender too', () => {
    const meter = new RateMeter();
    meter.add(0, 0);
    expect(meter.add(60_000, 600)).toBe(10);
  });
});

describe('a refusal', () => {
  it.each([
    [401, { code: 'TOKEN_EXPIRED', error: 'expired' }, null, 'TOKEN_EXPIRED', 'expired', undefined],
    [429, { code: 'RATE_LIMITED', error: 'slow' }, '42', 'RATE_LIMITED', 'slow', 42],
    [429, undefined, 'Mon, 23 Nov 2026 02:00:00 GMT', 'RATE_LIMITED', 'HTTP 429', undefined],
    [413, undefined, null, 'FILE_TOO_LARGE', 'HTTP 413', undefined],
    [404, { code: 404, error: 'not found' }, null, 'NOT_FOUND', 'not found', undefined],
    [502, '<html>', null, 'UNAVAILABLE', 'HTTP 502', undefined],
    [418, null, null, 'UNKNOWN', 'HTTP 418', undefined],
  ])('of %d with %j is understood', (status, body, retryAfter, code, detail, retryAfterSeconds) => {
    expect(refusalOf(status, body, retryAfter)).toMatchObject({ code, detail, retryAfterSeconds });
  });
});
