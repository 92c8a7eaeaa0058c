import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import type { ApiSettings } from '../settings/api.settings';
import { MetricsReaders } from './metrics-access';
import { MetricsService } from './metrics.service';
import { RequestDurations } from './request-durations';
import { ValidationMetrics } from './validation-metrics';

/** What features count into, and where it is told at `/metrics`. */
@Module({})
export class MetricsModule {
  static forRoot(settings: ApiSettings): DynamicModule {
    const providers: Provider[] = [
      { provide: MetricsReaders, useValue: new MetricsReaders(settings.METRICS_ALLOW, settings.TRUST_PROXY) },
      MetricsService,
      RequestDurations,
      ValidationMetrics,
    ];
    return { module: MetricsModule, global: true, providers, exports: providers };
  }
}
