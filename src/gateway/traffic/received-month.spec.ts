import { monthOf } from './month-totals';
import { readReceivedMonth } from './received-month';

describe('readReceivedMonth', () => {
  it('reads what our receiver tells', () => {
    const answer = '{"status":"counted","month":"2026-11","monthTraffic":62914560}';
    expect(readReceivedMonth(answer)).toStrictEqual({
      month: monthOf(Date.parse('2026-11-30T23:59:59Z')),
      bytes: 62_914_560,
    });
  });

  it.each([
    '',
    'ok',
    'null',
    '[]',
    '{}',
    '{"status":"counted"}',
    '{"month":"2026-11"}',
    '{"monthTraffic":5}',
    '{"month":"2026-13","monthTraffic":5}',
    '{"month":"2026-1","monthTraffic":5}',
    '{"month":202611,"monthTraffic":5}',
    '{"month":"2026-11","monthTraffic":"5"}',
    '{"month":"2026-11","monthTraffic":-5}',
    '{"month":"2026-11","monthTraffic":0.5}',
    '{"month":"2026-11","monthTraffic":1e300}',
    '{"month":{"name":"2026-11"},"monthTraffic":[5]}',
  ])('takes nothing from %s', (answer) => {
    expect(readReceivedMonth(answer)).toBeUndefined();
  });
});
