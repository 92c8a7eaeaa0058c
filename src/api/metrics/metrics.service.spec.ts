import { AggregatorRegistry } from 'prom-client';
import { version } from '../../../package.json';
import { MetricsService } from './metrics.service';
import { buildReadings } from './process-readings';
import { validationReadings } from './validation-readings';
import { VALIDATION_RESULTS, ValidationMetrics } from './validation-metrics';

describe('MetricsService', () => {
  it('tells of the process, and of what was added', async () => {
    const metrics = new MetricsService();
    const validations = new ValidationMetrics();
    for (const result of VALIDATION_RESULTS) validations.count(result);
    validations.count('scope');
    metrics.add(...validationReadings(validations));
    const text = await metrics.text();
    for (const result of VALIDATION_RESULTS) {
      expect(text).toContain(`tollgate_validations_total{result="${result}"} ${result === 'scope' ? '2' : '1'}\n`);
    }
    expect(text).toMatch(/^tollgate_nodejs_eventloop_lag_p99_seconds [\d.e-]+$/m);
    expect(text).toMatch(/^tollgate_process_resident_memory_bytes \d+$/m);
    expect(metrics.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('tells the version of the package', async () => {
    const metrics = new MetricsService();
    metrics.add(...buildReadings('sqlite'));
    expect(await metrics.text()).toContain(
      `tollgate_build_info{version="${version}",node="${process.versions.node}"} 1\n`,
    );
  });

  it('refuses a second metric of the same name', () => {
    const metrics = new MetricsService();
    metrics.add(...buildReadings('sqlite'));
    expect(() => {
      metrics.add(...buildReadings('sqlite'));
    }).toThrow('tollgate_build_info');
  });

  it('becomes one with other processes: counts added up, the slowest event loop, the version once', async () => {
    const processes = [1, 2].map((count) => {
      const metrics = new MetricsService();
      const validations = new ValidationMetrics();
      validations.valid = count;
      metrics.add(...buildReadings('sqlite'), ...validationReadings(validations));
      return metrics;
    });
    const json = await Promise.all(processes.map(async (metrics) => metrics.collectJson()));
    const slow = JSON.parse(
      JSON.stringify(json[1]).replace(
        /("name":"tollgate_nodejs_eventloop_lag_p99_seconds".*?"value":)[^,}]+/,
        (_, head) => `${String(head)}7.5`,
      ),
    ) as (typeof json)[number];
    const text = await AggregatorRegistry.aggregate([[...(json[0] ?? [])], slow]).metrics();
    expect(text).toContain('\ntollgate_validations_total{result="valid"} 3\n');
    expect(text).toContain('\ntollgate_processes 2\n');
    expect(text).toContain('\ntollgate_nodejs_eventloop_lag_p99_seconds 7.5\n');
    expect(text.match(/^tollgate_build_info\{.*\} 1$/gm)).toHaveLength(1);
  });

  it('answers for all workers where it was told how', async () => {
    const metrics = new MetricsService();
    metrics.answerWith(() => Promise.resolve('of all'));
    expect(await metrics.text()).toBe('of all');
    expect(await metrics.ownText()).toContain('tollgate_process_start_time_seconds');
  });
});
