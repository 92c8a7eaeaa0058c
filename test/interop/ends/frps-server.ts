import { once } from 'node:events';
import { connect } from 'node:net';
import { eventually } from '../../support/eventually';
import { frpsToml, type RunningServer, type ServerPlan } from '../matrix/plans';
import { startFrp } from '../../support/frp-process';

const START_MS = 10_000;

/** A stock frps, told as planned. @param binary path of the program */
export async function startFrps(binary: string, plan: ServerPlan): Promise<RunningServer> {
  const server = await startFrp(binary, `${frpsToml(plan)}log.disablePrintColor = true\n`);
  try {
    await eventually(START_MS, async () => {
      if (server.hasEnded()) throw new Error(`frps has ended:\n${server.output()}`);
      const socket = connect(plan.bindPort, '127.0.0.1');
      await once(socket, 'connect').finally(() => socket.destroy());
    });
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}
