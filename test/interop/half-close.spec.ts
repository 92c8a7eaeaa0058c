import { describeWithBinary } from './ends/describe-with-binary';
import { startFrpcClient } from './ends/frpc-client';
import { startFrps } from './ends/frps-server';
import { startGatewayServer } from './ends/gateway-server';
import { startOwnClient } from './ends/own-client';
import { describeHalfClose } from './half-close/describe-half-close';

describe('our gateway and our client', () => {
  describeHalfClose({ startServer: startGatewayServer, startClient: startOwnClient });
});

describeWithBinary('our gateway and a stock frpc', { name: 'frpc', variable: 'FRPC_BIN' }, (frpc) => {
  describeHalfClose({ startServer: startGatewayServer, startClient: async (plan) => startFrpcClient(frpc, plan) });
});

// Shows that this is what frp does.
describeWithBinary('a stock frps', { name: 'frps', variable: 'FRPS_BIN' }, (frps) => {
  const startServer = async (plan: Parameters<typeof startFrps>[1]): ReturnType<typeof startFrps> =>
    startFrps(frps, plan);
  describeHalfClose({ startServer, startClient: startOwnClient });

  describeWithBinary('and a stock frpc', { name: 'frpc', variable: 'FRPC_BIN' }, (frpc) => {
    describeHalfClose({ startServer, startClient: async (plan) => startFrpcClient(frpc, plan) });
  });
});
