import { type DynamicModule, Module } from '@nestjs/common';
import { TrafficReportKey } from '@tollgate/auth';
import type { ApiSettings } from '../../settings/api.settings';
import { TrafficController } from './traffic.controller';
import { TrafficReportAccess, TrafficReportGate } from './traffic-report-gate.guard';
import { TrafficRetention } from './traffic-retention.service';
import { TunnelTraffic } from './tunnel-traffic.service';

/** The receiver of traffic reports, and what they add up to. Whose a token is, the module of tunnels says, which is global. */
@Module({})
export class TrafficModule {
  static forRoot(settings: Pick<ApiSettings, 'TRAFFIC_REPORT_KEY'>): DynamicModule {
    const key = settings.TRAFFIC_REPORT_KEY;
    return {
      module: TrafficModule,
      controllers: [TrafficController],
      providers: [
        {
          provide: TrafficReportAccess,
          useValue: new TrafficReportAccess(key === undefined ? undefined : new TrafficReportKey(key.reveal())),
        },
        TrafficReportGate,
        TunnelTraffic,
        TrafficRetention,
      ],
      exports: [TunnelTraffic],
    };
  }
}
