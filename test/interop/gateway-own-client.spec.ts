import { startGatewayServer } from './ends/gateway-server';
import { startOwnClient } from './ends/own-client';
import { describeTunnelMatrix } from './matrix/describe-tunnel-matrix';

describe('our gateway and our client', () => {
  describeTunnelMatrix({
    startServer: startGatewayServer,
    startClient: startOwnClient,
    serverTakesWss: true,
    clientSendsAnything: true,
  });
});
