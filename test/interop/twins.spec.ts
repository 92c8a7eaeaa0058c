import { describeWithBinary } from './ends/describe-with-binary';
import { startFrps } from './ends/frps-server';
import { startGatewayServer } from './ends/gateway-server';
import { describeStockTwins } from './twins/describe-stock-twins';
import { describeTwins } from './twins/describe-twins';

describe('our gateway and our client', () => {
  describeTwins(startGatewayServer);
});

describeWithBinary('our gateway and a stock frpc', { name: 'frpc', variable: 'FRPC_BIN' }, (frpc) => {
  describeStockTwins(startGatewayServer, frpc);
});

// Shows that this is what frp does.
describeWithBinary('a stock frps', { name: 'frps', variable: 'FRPS_BIN' }, (frps) => {
  describeTwins(async (plan) => startFrps(frps, plan));

  describeWithBinary('and a stock frpc', { name: 'frpc', variable: 'FRPC_BIN' }, (frpc) => {
    describeStockTwins(async (plan) => startFrps(frps, plan), frpc);
  });
});
