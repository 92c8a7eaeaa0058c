import { describeWithBinary } from './ends/describe-with-binary';
import { startFrps } from './ends/frps-server';
import { startOwnClient } from './ends/own-client';
import { describeTunnelMatrix } from './matrix/describe-tunnel-matrix';

describeWithBinary('a stock frps and our client', { name: 'frps', variable: 'FRPS_BIN' }, (binary) => {
  describeTunnelMatrix({
    startServer: async (plan) => startFrps(binary, plan),
    startClient: startOwnClient,
    serverTakesWss: false,
    clientSendsAnything: true,
  });
});
