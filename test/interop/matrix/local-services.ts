import { startUdpEcho } from './datagrams';
import { type ExchangeService, startExchangeService } from './exchange-service';
import { startHttpService, startTlsEcho, type WebService } from './web-services';

/** What the proxies of a matrix lead to. */
export interface LocalServices {
  readonly tcp: ExchangeService;
  readonly udp: { readonly port: number };
  readonly http: WebService;
  readonly https: WebService;
  stop(): Promise<void>;
}

export async function startLocalServices(): Promise<LocalServices> {
  const [tcp, udp, http, https] = await Promise.all([
    startExchangeService(),
    startUdpEcho(),
    startHttpService(),
    startTlsEcho(),
  ]);
  return {
    tcp,
    udp,
    http,
    https,
    stop: async () => {
      udp.stop();
      await Promise.all([tcp.stop(), http.stop(), https.stop()]);
    },
  };
}
