import { AggregatorRegistry, type Counter, Histogram, Registry } from 'prom-client';
import { DURATION_BUCKETS_SECONDS, DurationHistogram } from './duration-histogram';
import { type DurationSeries, ReadMetric, byLabel, plain } from './read-metric';

const NAME = 'tollgate_example_duration_seconds';
const HELP = 'An example.';
/** Both sides of each bound, nothing at all, and more than the last bound. */
const SECONDS = [0, ...DURATION_BUCKETS_SECONDS.flatMap((bound) => [bound, bound * 1.0001]), 3_600];

function register(...metrics: readonly ReadMetric[]): Registry {
  const registry = new Registry();
  for (const metric of metrics) registry.registerMetric(metric as unknown as Counter);
  return registry;
}

/** The same durations told by us and by prom-client. */
function bothWays(
  all: readonly { labels: Record<string, string>; seconds: readonly number[] }[],
): [Registry, Registry] {
  const theirs = new Registry();
  const histogram = new Histogram({
    name: NAME,
    help: HELP,
    buckets: [...DURATION_BUCKETS_SECONDS],
    labelNames: ['method', 'route'],
    registers: [theirs],
  });
  const series = all.map(({ labels, seconds }): DurationSeries => {
    const own = new DurationHistogram();
    for (const duration of seconds) {
      own.record(duration);
      histogram.observe(labels, duration);
    }
    return { labels, histogram: own };
  });
  return [register(ReadMetric.durations(NAME, HELP, () => series)), theirs];
}

const EXAMPLES = [
  { labels: { method: 'GET', route: '/a' }, seconds: SECONDS },
  { labels: { method: 'POST', route: '/b/:id"\\' }, seconds: [0.003, 0.003, 12] },
];

describe('durations', () => {
  it("are told, character by character, as a histogram of prom-client's would tell them", async () => {
    const [ours, theirs] = bothWays(EXAMPLES);
    const text = await ours.metrics();
    expect(text).toBe(await theirs.metrics());
    expect(text).toContain(`${NAME}_count{method="GET",route="/a"} ${String(SECONDS.length)}`);
  });

  it('are told as nothing but their name before anything was counted, as by prom-client', async () => {
    const [ours, theirs] = bothWays([]);
    expect(await ours.metrics()).toBe(await theirs.metrics());
  });

  it("of several processes become the same sum as prom-client's own", async () => {
    const [ours, theirs] = bothWays(EXAMPLES);
    const twice = async (registry: Registry): Promise<string> => {
      const json: object[] = JSON.parse(JSON.stringify(await registry.getMetricsAsJSON()));
      return AggregatorRegistry.aggregate([json, json]).metrics();
    };
    const text = await twice(ours);
    expect(text).toBe(await twice(theirs));
    expect(text).toContain(`${NAME}_bucket{le="+Inf",method="GET",route="/a"} ${String(2 * SECONDS.length)}`);
  });
});

describe('a metric', () => {
  it('is read at the moment of asking', async () => {
    let value = 1;
    const registry = register(ReadMetric.counter('tollgate_things_total', 'Things.', () => plain(value)));
    expect(await registry.metrics()).toBe(
      '# HELP tollgate_things_total Things.\n# TYPE tollgate_things_total counter\ntollgate_things_total 1\n',
    );
    value = 2;
    expect(await registry.metrics()).toContain('\ntollgate_things_total 2\n');
  });

  it.each([
    ['sum', 5],
    ['max', 3],
    ['min', 2],
    ['first', 3],
  ] as const)('of two processes becomes one by %s', async (aggregation, expected) => {
    const inProcess = async (value: number): Promise<object[]> =>
      register(ReadMetric.gauge('tollgate_state', 'A state.', aggregation, () => plain(value))).getMetricsAsJSON();
    const text = await AggregatorRegistry.aggregate([await inProcess(3), await inProcess(2)]).metrics();
    expect(text).toContain(`\ntollgate_state ${String(expected)}\n`);
  });

  it('has one line for each value of a label', async () => {
    const registry = register(
      ReadMetric.gauge('tollgate_state', 'A state.', 'sum', () => byLabel('is', { a: 1, b: 0 })),
    );
    expect(await registry.metrics()).toContain('\ntollgate_state{is="a"} 1\ntollgate_state{is="b"} 0\n');
  });
});
