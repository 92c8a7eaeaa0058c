import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AppProcess, startApp } from './app-process';

/** The built gateway, running in a process of its own; its URL is that of the admin port. */
export interface GatewayProcess extends AppProcess {
  readonly dataDir: string;
  /** The configuration that it was started with, for tests that change it. */
  readonly configFile: string;
}

export interface StartGatewayOptions {
  /** Environment on top of a bare one. */
  readonly env?: Readonly<Record<string, string>>;
  /** An existing data folder, which is then kept; by default a new one that goes with the process. */
  readonly dataDir?: string;
}

/**
 * Starts the built gateway, its admin port on a free one, and waits until it listens. Rejects with its output when it does not come up.
 * @param toml its `frps.toml`
 */
export async function startGateway(toml: string, options: StartGatewayOptions = {}): Promise<GatewayProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-gateway-'));
  const dataDir = options.dataDir ?? join(folder, 'data');
  const configFile = join(folder, 'frps.toml');
  writeFileSync(configFile, toml, { mode: 0o600 });
  const removeFolder = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const app = await startApp('gateway', ['-c', configFile], {
      HOME: folder,
      DATA_DIR: dataDir,
      GATEWAY_ADMIN_PORT: '0',
      SHUTDOWN_TIMEOUT: '1s',
      ...options.env,
    });
    return {
      ...app,
      dataDir,
      configFile,
      stop: async (signal) => app.stop(signal).finally(removeFolder),
    };
  } catch (error) {
    removeFolder();
    throw error;
  }
}
