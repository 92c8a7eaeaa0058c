import { DURATION_BUCKETS_SECONDS, type DurationHistogram } from './duration-histogram';

/** How the values of several processes become one: see `AggregatorRegistry` of prom-client. */
export type Aggregation = 'sum' | 'min' | 'max' | 'first';

export type MetricLabels = Readonly<Record<string, string | number>>;

/** One line of a metric. */
export interface MetricSample {
  readonly labels: MetricLabels;
  readonly value: number;
  /** When it is not the metric's own, as in `…_bucket`. */
  readonly metricName?: string;
}

/** A line of several with the same further labels: those are made text once, for a scrape must not take long. */
interface SharingSample extends MetricSample {
  readonly sharedLabels?: MetricLabels;
}

/** A metric as prom-client's registries hand it around; also as JSON between processes. */
export interface MetricJson {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly aggregator: Aggregation;
  readonly values: readonly MetricSample[];
}

/** One combination of labels of a histogram. */
export interface DurationSeries {
  readonly labels: MetricLabels;
  readonly histogram: DurationHistogram;
}

/**
 * A metric whose numbers are kept elsewhere, as plain fields, and are read when somebody asks: counting costs the hot path
 * an addition. It has as much of prom-client's metrics as a registry uses.
 */
export class ReadMetric {
  private constructor(
    readonly name: string,
    private readonly help: string,
    private readonly type: MetricJson['type'],
    private readonly aggregator: Aggregation,
    private readonly read: () => readonly SharingSample[],
  ) {}

  /** @param name ends in `_total` */
  static counter(name: string, help: string, read: () => readonly MetricSample[]): ReadMetric {
    return new ReadMetric(name, help, 'counter', 'sum', read);
  }

  static gauge(name: string, help: string, aggregator: Aggregation, read: () => readonly MetricSample[]): ReadMetric {
    return new ReadMetric(name, help, 'gauge', aggregator, read);
  }

  /** @param name ends in `_seconds` */
  static durations(name: string, help: string, read: () => readonly DurationSeries[]): ReadMetric {
    return new ReadMetric(name, help, 'histogram', 'sum', () => read().flatMap((series) => samplesOf(name, series)));
  }

  /** Each line with all of its labels. */
  get(): MetricJson {
    const metric = this.getForPromString();
    const values = metric.values.map(({ sharedLabels, labels, value, metricName }): MetricSample => {
      const all = sharedLabels === undefined ? labels : { ...labels, ...sharedLabels };
      return metricName === undefined ? { labels: all, value } : { metricName, labels: all, value };
    });
    return { ...metric, values };
  }

  /** What a registry asks for when it makes a text. */
  getForPromString(): Omit<MetricJson, 'values'> & { readonly values: readonly SharingSample[] } {
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: this.read() };
  }
}

/** A value without labels. */
export const plain = (value: number): readonly MetricSample[] => [{ labels: {}, value }];

/** One value for each of a label's values. */
export function byLabel(label: string, values: Readonly<Record<string, number>>): readonly MetricSample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

/** Cumulated, as Prometheus wants a histogram. */
function samplesOf(name: string, { labels: sharedLabels, histogram }: DurationSeries): SharingSample[] {
  const metricName = `${name}_bucket`;
  let count = 0;
  const samples = DURATION_BUCKETS_SECONDS.map((le, index): SharingSample => {
    count += histogram.counts[index] ?? 0;
    return { metricName, labels: { le }, sharedLabels, value: count };
  });
  count += histogram.counts[DURATION_BUCKETS_SECONDS.length] ?? 0;
  samples.push(
    { metricName, labels: { le: '+Inf' }, sharedLabels, value: count },
    { metricName: `${name}_sum`, labels: {}, sharedLabels, value: histogram.sumSeconds },
    { metricName: `${name}_count`, labels: {}, sharedLabels, value: count },
  );
  return samples;
}
