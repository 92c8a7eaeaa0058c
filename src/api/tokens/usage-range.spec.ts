import { parseInstantOrDay, usageRange } from './usage-range';

const NOW_MS = Date.parse('2026-01-04T10:20:30.000Z');
const hour = (text: string): number => Date.parse(text) / 3_600_000;

describe('usageRange', () => {
  it.each([
    ['hour', undefined, undefined, '2026-01-03T11:00:00Z', '2026-01-04T11:00:00Z'],
    ['day', undefined, undefined, '2025-12-06T00:00:00Z', '2026-01-05T00:00:00Z'],
    ['day', '2026-01-01', undefined, '2026-01-01T00:00:00Z', '2026-01-05T00:00:00Z'],
    ['day', undefined, '2026-01-01', '2025-12-02T00:00:00Z', '2026-01-01T00:00:00Z'],
    ['hour', undefined, '2026-01-01', '2025-12-31T00:00:00Z', '2026-01-01T00:00:00Z'],
    ['day', '2026-01-01T00:00:00.001Z', '2026-01-02T00:00:00.001Z', '2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z'],
    ['hour', '2026-01-01T05:59:59+05:30', '2026-01-01T02:30:00Z', '2026-01-01T00:00:00Z', '2026-01-01T03:00:00Z'],
    ['hour', '2025-11-30', '2026-01-04', '2025-11-30T00:00:00Z', '2026-01-04T00:00:00Z'],
    ['day', '2024-11-30', '2026-01-04', '2024-11-30T00:00:00Z', '2026-01-04T00:00:00Z'],
    ['day', '2026-01-01', '2027-01-01', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
  ] as const)('by %s, from %s to %s: %s to %s', (granularity, from, to, first, end) => {
    expect(usageRange(granularity, from, to, NOW_MS)).toEqual({ fromHour: hour(first), toHour: hour(end) });
  });

  it.each([
    ['day', '2026-01-02', '2026-01-01', 'from: must be before to'],
    ['day', '2026-01-01', '2026-01-01', 'from: must be before to'],
    ['hour', '2026-01-05', undefined, 'from: must be before to'],
    ['hour', '2025-11-29T23:59:59.999Z', '2026-01-04', 'from: must be at most 35 days before to with granularity hour'],
    ['day', '2024-11-29', '2026-01-04', 'from: must be at most 400 days before to with granularity day'],
  ] as const)('by %s, refuses %s to %s', (granularity, from, to, message) => {
    expect(() => usageRange(granularity, from, to, NOW_MS)).toThrow(message);
  });

  it.each(['2026-02-30', '2026-1-1', '20260101', '2026-01-01T00:00', 'yesterday', '', '2026-01-01 '])(
    'knows no instant in %j',
    (text) => {
      expect(parseInstantOrDay(text)).toBeUndefined();
    },
  );
});
