import { startFrpc } from '../../support/frpc-process';
import { type ClientPlan, frpcToml, type RunningClient } from '../matrix/plans';

/** A stock frpc. @param binary path of the program */
export async function startFrpcClient(binary: string, plan: ClientPlan): Promise<RunningClient> {
  return startFrpc(
    binary,
    frpcToml(plan),
    plan.proxies.map(({ name }) => name),
  );
}
