import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Environment, SettingsError } from '@tollgate/config';
import type { GatewayConfig } from '../../src/gateway/config/gateway-config';
import { GatewayConfigLoader } from '../../src/gateway/config/gateway-config-loader';

/** Configuration files of a gateway, in a folder of their own. */
export class GatewayConfigFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'gateway-config-'));

  /** Writes a file. @returns its path */
  fileOf(content: string, name = 'frps.toml'): string {
    const path = join(this.path, name);
    writeFileSync(path, content);
    return path;
  }

  load(content: string, env: Environment = {}, name?: string): GatewayConfig {
    return new GatewayConfigLoader(env, this.fileOf(content, name)).load();
  }

  /** What keeps the gateway from starting: each setting's rule; options go by their path in the file. Empty when nothing does. */
  problems(content: string, env: Environment = {}): Record<string, string> {
    try {
      this.load(content, env);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      const prefix = `${join(this.path, 'frps.toml')}: `;
      return Object.fromEntries(error.problems.map(({ variable, rule }) => [variable.replace(prefix, ''), rule]));
    }
    return {};
  }

  warnings(content: string, env: Environment = {}): readonly string[] {
    return this.load(content, env).warnings;
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
