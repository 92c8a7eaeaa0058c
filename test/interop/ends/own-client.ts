import { FrpClient, LoginRefusedError } from '../../support/frp-client';
import type { ClientPlan, RunningClient } from '../matrix/plans';

/** Our own client, within the test. */
export async function startOwnClient(plan: ClientPlan): Promise<RunningClient> {
  const { serverPort: port, token, wire, mux, tls, transport, textFrames = false, proxies } = plan;
  let client: FrpClient;
  try {
    client = await FrpClient.connect({ port, token, wire, mux, tls, transport, sendsTextFrames: textFrames });
  } catch (error) {
    if (!(error instanceof LoginRefusedError)) throw error;
    return { loginError: error.message, proxyErrors: {}, stop: async () => undefined };
  }
  const proxyErrors: Record<string, string> = {};
  for (const { localPort, customDomain, ...fields } of proxies) {
    const { error } = await client.addProxy({
      ...fields,
      local: { port: localPort },
      ...(customDomain !== undefined && { customDomains: [customDomain] }),
    });
    if (error !== '') proxyErrors[fields.name] = error;
  }
  return { proxyErrors, stop: async () => client.close() };
}
