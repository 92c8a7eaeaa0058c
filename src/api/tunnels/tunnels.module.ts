import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { SecretSealer } from '@tollgate/auth';
import { Clock, GatewayBoard, TunnelTokenRecords } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import { RedisGatewayBoard } from '@tollgate/redis';
import { openEmbeddedTunnelTokens, openEtcdGatewayBoard, openEtcdTunnelTokens } from '@tollgate/tunnel-tokens';
import { SharedRedis } from '../redis/redis.module';
import type { ApiSettings } from '../settings/api.settings';
import { type TunnelSource, defaultRegionOf, tunnelSourceOf } from '../settings/tunnel.settings';
import { GatewayLinks } from './clients/gateway-links';
import { OperatorTunnelClientsController } from './clients/operator-tunnel-clients.controller';
import { TunnelClientsController } from './clients/tunnel-clients.controller';
import { TunnelClientsService } from './clients/tunnel-clients.service';
import { ManagedTunnelTokens } from './managed-tunnel-tokens';
import { OperatorTunnelsController } from './operator-tunnels.controller';
import { RetiredTunnelTokens } from './retired-tunnel-tokens.service';
import { TunnelAudit } from './tunnel-audit.service';
import { TunnelGate } from './tunnel-gate.guard';
import { TunnelPolicy } from './tunnel-policy';
import { TunnelSuspensions } from './tunnel-suspensions.service';
import { TunnelTokensService } from './tunnel-tokens.service';
import { TunnelsController } from './tunnels.controller';

/** Management of tunnel tokens. */
@Module({})
export class TunnelsModule {
  static forRoot(settings: ApiSettings): DynamicModule {
    const source = tunnelSourceOf(settings, settings.MONGO_URI === undefined);
    const { TUNNEL_TOKENS_PER_ACCOUNT: maxTokens, TUNNEL_SELF_SERVICE: selfService } = settings;
    const policy = new TunnelPolicy(maxTokens, selfService, defaultRegionOf(settings, source));
    return {
      module: TunnelsModule,
      global: true,
      controllers: [
        TunnelClientsController,
        TunnelsController,
        OperatorTunnelClientsController,
        OperatorTunnelsController,
      ],
      providers: [
        managedTokens(source),
        gatewayLinks(source, settings),
        { provide: TunnelPolicy, useValue: policy },
        TunnelAudit,
        TunnelGate,
        TunnelTokensService,
        TunnelClientsService,
        TunnelSuspensions,
        RetiredTunnelTokens,
      ],
      exports: [ManagedTunnelTokens, TunnelGate, TunnelTokensService, TunnelSuspensions],
    };
  }
}

function managedTokens(source: TunnelSource): Provider {
  const provide = ManagedTunnelTokens;
  switch (source.kind) {
    case 'etcd':
      return {
        provide,
        useFactory: (log: Log, clock: Clock) =>
          new ManagedTunnelTokens(openEtcdTunnelTokens(source.options, log, clock)),
        inject: [Log, Clock],
      };
    case 'embedded':
      return {
        provide,
        useFactory: (records: TunnelTokenRecords, sealer: SecretSealer, log: Log, clock: Clock) =>
          new ManagedTunnelTokens(openEmbeddedTunnelTokens(records, sealer, log, clock)),
        inject: [TunnelTokenRecords, SecretSealer, Log, Clock],
      };
    case 'none':
      return { provide, useValue: new ManagedTunnelTokens(undefined) };
  }
}

/** As the gateways have it: through Redis where there is one, else etcd, else the embedded store. */
function gatewayLinks(source: TunnelSource, { REDIS_URL, MONGO_URI }: ApiSettings): Provider {
  const provide = GatewayLinks;
  if (REDIS_URL !== undefined) {
    return {
      provide,
      useFactory: ({ connection }: SharedRedis) =>
        new GatewayLinks(connection === undefined ? undefined : new RedisGatewayBoard(connection)),
      inject: [SharedRedis],
    };
  }
  if (source.kind === 'etcd') {
    const { options } = source;
    return { provide, useFactory: (log: Log) => new GatewayLinks(openEtcdGatewayBoard(options, log)), inject: [Log] };
  }
  if (MONGO_URI !== undefined) return { provide, useValue: new GatewayLinks(undefined) };
  return { provide, useFactory: (board: GatewayBoard) => new GatewayLinks(board), inject: [GatewayBoard] };
}
