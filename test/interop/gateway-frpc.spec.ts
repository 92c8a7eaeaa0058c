import { describeWithBinary } from './ends/describe-with-binary';
import { startFrpcClient } from './ends/frpc-client';
import { startGatewayServer } from './ends/gateway-server';
import { describeTunnelMatrix } from './matrix/describe-tunnel-matrix';

describeWithBinary('our gateway and a stock frpc', { name: 'frpc', variable: 'FRPC_BIN' }, (binary) => {
  describeTunnelMatrix({
    startServer: startGatewayServer,
    startClient: async (plan) => startFrpcClient(binary, plan),
    serverTakesWss: true,
    clientSendsAnything: false,
  });
});
