import { Injectable } from '@nestjs/common';
import type { Decision, DecisionSource, LimiterObserver, Subject } from '@tollgate/limiter';
import { DurationHistogram } from '@tollgate/observability';

/** What the limiter did, counted as cheaply as can be; read when metrics are asked for. */
@Injectable()
export class LimiterMetrics implements LimiterObserver {
  /** Decisions by `{layer of the refusal, or none} {source}`. */
  readonly allowed: Record<DecisionSource, number> = { memory: 0, lease: 0, denial: 0, shared: 0, fallback: 0 };
  readonly refused = new Map<string, number>();
  readonly asks = {
    answered: new DurationHistogram(),
    timeout: new DurationHistogram(),
    failed: new DurationHistogram(),
  };
  readonly degraded = { local: 0, open: 0 };
  circuitState: 'closed' | 'half-open' | 'open' = 'closed';

  decided(subjects: readonly Subject[], { refusedBy, degraded }: Decision, source: DecisionSource): void {
    if (degraded !== undefined) this.degraded[degraded] += 1;
    const subject = subjects[refusedBy];
    if (subject === undefined) {
      this.allowed[source] += 1;
      return;
    }
    const key = `${subject.layer} ${source}`;
    this.refused.set(key, (this.refused.get(key) ?? 0) + 1);
  }

  asked(durationMs: number, outcome: 'answered' | 'timeout' | 'failed'): void {
    this.asks[outcome].record(durationMs / 1_000);
  }

  circuit(state: 'closed' | 'half-open' | 'open'): void {
    this.circuitState = state;
  }
}
