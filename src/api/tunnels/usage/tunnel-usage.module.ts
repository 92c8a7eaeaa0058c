import { type DynamicModule, Module } from '@nestjs/common';
import { OperatorTunnelUsageController } from './operator-tunnel-usage.controller';
import { TunnelUsageController } from './tunnel-usage.controller';
import { TunnelUsageService } from './tunnel-usage.service';

/** What tunnel tokens have moved. */
@Module({})
export class TunnelUsageModule {
  /** @param traffic the module that knows */
  static forRoot(traffic: DynamicModule): DynamicModule {
    return {
      module: TunnelUsageModule,
      imports: [traffic],
      controllers: [TunnelUsageController, OperatorTunnelUsageController],
      providers: [TunnelUsageService],
    };
  }
}
