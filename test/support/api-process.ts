import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AppProcess, startApp } from './app-process';

/** The built api, running in a process of its own. */
export interface ApiProcess extends AppProcess {
  /** Empty when OPERATOR_KEY was given in `env`. */
  readonly operatorKey: string;
  readonly dataDir: string;
}

export interface StartApiOptions {
  /** Environment on top of a bare one. */
  readonly env?: Readonly<Record<string, string>>;
  /** An existing data folder, which is then kept; by default a new one that goes with the process. */
  readonly dataDir?: string;
}

/** Starts the built api on a free port and waits until it listens. Rejects with its output when it does not come up. */
export async function startApi(options: StartApiOptions = {}): Promise<ApiProcess> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'tollgate-test-'));
  const removeData = (): void => {
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    const app = await startApp('api', [], {
      HOME: dataDir,
      PORT: '0',
      DATA_DIR: dataDir,
      BCRYPT_COST: '4',
      // All tests come from one address.
      REGISTER_LIMIT_PER_MINUTE: '100000',
      PUBLIC_LIMIT_PER_MINUTE: '100000',
      UNKNOWN_TOKEN_LIMIT_PER_MINUTE: '100000',
      OPERATOR_FAILURE_LIMIT_PER_MINUTE: '100000',
      UPLOAD_TOKEN_LIMIT_PER_MINUTE: '100000',
      ...options.env,
    });
    return {
      ...app,
      operatorKey:
        options.env?.['OPERATOR_KEY'] === undefined ? readFileSync(join(dataDir, 'operator.key'), 'utf8').trim() : '',
      dataDir,
      stop: async (signal) => app.stop(signal).finally(removeData),
    };
  } catch (error) {
    removeData();
    throw error;
  }
}
