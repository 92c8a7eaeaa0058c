import { describeWithBinary } from './ends/describe-with-binary';
import { startFrpcClient } from './ends/frpc-client';
import { startFrps } from './ends/frps-server';
import { describeTunnelMatrix } from './matrix/describe-tunnel-matrix';

// Nothing of ours: shows that the matrix asks for what frp does.
describeWithBinary('a stock frps', { name: 'frps', variable: 'FRPS_BIN' }, (frps) => {
  describeWithBinary('and a stock frpc', { name: 'frpc', variable: 'FRPC_BIN' }, (frpc) => {
    describeTunnelMatrix({
      startServer: async (plan) => startFrps(frps, plan),
      startClient: async (plan) => startFrpcClient(frpc, plan),
      serverTakesWss: false,
      clientSendsAnything: false,
    });
  });
});
