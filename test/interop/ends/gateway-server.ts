import { startGateway } from '../../support/gateway-process';
import { frpsToml, type RunningServer, type ServerPlan } from '../matrix/plans';

/** Our gateway as built, with the file that a frps would be given. */
export async function startGatewayServer(plan: ServerPlan): Promise<RunningServer> {
  const gateway = await startGateway(frpsToml(plan));
  return {
    output: () => gateway.output(),
    stop: async () => {
      await gateway.stop();
    },
  };
}
