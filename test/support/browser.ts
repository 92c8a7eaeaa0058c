import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';
import { describeWith } from './describe-with';

/** Debian's browser; no other is downloaded. */
const PROGRAM = 'chromium';

/**
 * A suite that needs a browser. Skipped or failed where there is none; see {@link describeWith}.
 * @param define defines the cases; call its argument inside a hook or a case
 */
export function describeWithBrowser(name: string, define: (browser: () => Browser) => void): void {
  const path = findProgram();
  describeWith(name, PROGRAM, path === undefined ? `no ${PROGRAM}` : undefined, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      // Its sandbox does not work for root, as which CI runs in a container.
      browser = await chromium.launch({ executablePath: path ?? '', chromiumSandbox: process.getuid?.() !== 0 });
    });
    define(() => {
      if (browser === undefined) throw new Error('the browser runs only while a case runs');
      return browser;
    });
    // Last, because Jest runs these in the order of their definition.
    afterAll(async () => {
      await browser?.close();
    });
  });
}

function findProgram(): string | undefined {
  const { status, stdout } = spawnSync('sh', ['-c', `command -v ${PROGRAM}`], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
