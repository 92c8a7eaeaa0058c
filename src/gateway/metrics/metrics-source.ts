/** Whoever has the gateway's figures, as Prometheus reads them. */
export abstract class MetricsSource {
  abstract read(): Promise<string>;
}
