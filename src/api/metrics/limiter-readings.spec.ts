import type { Decision, Layer, Subject } from '@tollgate/limiter';
import { LimiterMetrics } from './limiter-metrics';
import { limiterReadings } from './limiter-readings';
import type { MetricSample } from '@tollgate/observability';

const subject = (layer: Layer): Subject => ({ layer, key: 'secret-key', group: 'group', limits: [1, 0, 0] });
const decision = (refusedBy: number, degraded?: 'local' | 'open'): Decision => ({
  refusedBy,
  retryAfterSeconds: 0,
  states: [],
  degraded,
});

describe('limiterReadings', () => {
  const limiter = new LimiterMetrics();
  const read = (name: string): readonly MetricSample[] =>
    limiterReadings(limiter)
      .map((metric) => metric.get())
      .find((metric) => metric.name === name)?.values ?? [];

  limiter.decided([subject('app'), subject('token')], decision(-1), 'lease');
  limiter.decided([subject('app'), subject('token')], decision(1), 'shared');
  limiter.decided([subject('app'), subject('token')], decision(1), 'shared');
  limiter.decided([subject('address')], decision(0, 'local'), 'fallback');
  limiter.asked(4, 'timeout');
  limiter.circuit('open');

  it('tell who was let in by which counters, and who was refused by which layer; never whose they are', () => {
    const decisions = read('tollgate_limiter_decisions_total').filter(({ value }) => value > 0);
    expect(decisions).toEqual([
      { labels: { result: 'allowed', layer: 'none', source: 'lease' }, value: 1 },
      { labels: { result: 'refused', layer: 'token', source: 'shared' }, value: 2 },
      { labels: { result: 'refused', layer: 'address', source: 'fallback' }, value: 1 },
    ]);
  });

  it('tell weaker answers, waits and the state of the circuit', () => {
    expect(read('tollgate_limiter_degraded_total')).toContainEqual({ labels: { mode: 'local' }, value: 1 });
    const waits = read('tollgate_limiter_ask_duration_seconds');
    const name = 'tollgate_limiter_ask_duration_seconds_count';
    expect(waits).toContainEqual({ metricName: name, labels: { outcome: 'timeout' }, value: 1 });
    expect(waits).toContainEqual({ metricName: name, labels: { outcome: 'answered' }, value: 0 });
    expect(read('tollgate_limiter_circuit_state')).toEqual([
      { labels: { state: 'closed' }, value: 0 },
      { labels: { state: 'half-open' }, value: 0 },
      { labels: { state: 'open' }, value: 1 },
    ]);
  });
});
