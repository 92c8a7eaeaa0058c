import { type Environment, loadSettings, port, processSettings, text } from '@tollgate/config';
import { z } from 'zod';

const schema = z.object({
  ...processSettings,
  /** Where frp clients will connect. */
  BIND_PORT: port(7000),
  GATEWAY_ADMIN_HOST: text('127.0.0.1'),
  GATEWAY_ADMIN_PORT: port(7500),
});

/** The gateway's settings, read once at its start. */
export class GatewayConfig {
  private constructor(
    readonly logLevel: string,
    readonly dataDir: string,
    readonly bindPort: number,
    readonly adminHost: string,
    /** 0: any free one. */
    readonly adminPort: number,
  ) {}

  /** @throws SettingsError that lists every wrong variable */
  static from(env: Environment): GatewayConfig {
    const values = loadSettings(schema, env);
    return Object.freeze(
      new GatewayConfig(
        values.LOG_LEVEL,
        values.DATA_DIR,
        values.BIND_PORT,
        values.GATEWAY_ADMIN_HOST,
        values.GATEWAY_ADMIN_PORT,
      ),
    );
  }
}
