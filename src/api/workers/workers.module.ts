import { type DynamicModule, Module } from '@nestjs/common';
import type { ApiSettings } from '../settings/api.settings';
import { primaryLink } from './primary-link';
import { WorkerGroup } from './worker-group';
import { WorkerMetrics } from './worker-metrics.service';

/** This process among others of API_WORKERS. */
@Module({})
export class WorkersModule {
  static forRoot(settings: ApiSettings): DynamicModule {
    const primary = primaryLink();
    const group = new WorkerGroup(primary === undefined ? 1 : settings.API_WORKERS, primary);
    return {
      module: WorkersModule,
      global: true,
      providers: [{ provide: WorkerGroup, useValue: group }, WorkerMetrics],
      exports: [WorkerGroup],
    };
  }
}
