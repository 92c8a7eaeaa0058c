import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { describeWithBrowser } from '../support/browser';
import { useApi } from '../support/each-store';
import { eventually } from '../support/eventually';

/** The administrator's key of the api behind the page. */
export const KEY = 'the-administrators-key-of-this-test';
const ENV = { UPLOAD_AUTH_TOKEN: KEY, UPLOAD_TOKEN_LIMIT_PER_MINUTE: '1000', UPLOAD_MIN_FREE_BYTES: '0' };

/** What the browser itself logs of an answer that refuses; the page shows those. */
const REFUSED_REQUEST = /^Failed to load resource: the server responded with a status of 4\d\d /;

const WAIT_MS = 15_000;

/** The administrator's page in a browser, by what a person does with it. */
export class AdminPage {
  /** What nobody should see: errors on the console, violations of the policy, requests to elsewhere. */
  readonly problems: string[] = [];
  /** Addresses of all requests so far. */
  readonly requested: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly origin: string,
  ) {
    page.setDefaultTimeout(WAIT_MS);
    page.on('console', (message) => {
      const isProblem = message.type() === 'error' || message.type() === 'warning';
      if (isProblem && !REFUSED_REQUEST.test(message.text())) this.problems.push(message.text());
    });
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('request', (request) => {
      this.requested.push(request.url());
      if (new URL(request.url()).origin !== this.origin) this.problems.push(`request to ${request.url()}`);
    });
  }

  /**
   * Opens it in a context of its own; {@link close} it.
   * @param url base address of the api
   * @param prepare is called before the page is loaded
   */
  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
    prepare: (page: Page) => Promise<void> = async () => undefined,
  ): Promise<AdminPage> {
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    const admin = new AdminPage(await context.newPage(), new URL(url).origin);
    await prepare(admin.page);
    await admin.page.goto(new URL('/admin.html', url).href);
    return admin;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  get key(): Locator {
    return this.page.locator('#key');
  }

  get token(): Locator {
    return this.page.locator('#token');
  }

  get issueButton(): Locator {
    return this.page.locator('#issue');
  }

  get uploadButton(): Locator {
    return this.page.locator('#upload');
  }

  /** The rows of the list, newest first. */
  get rows(): Locator {
    return this.page.locator('.token');
  }

  async clickIssue(key: string): Promise<void> {
    await this.key.fill(key);
    await this.issueButton.click();
  }

  /** Generates a token. @returns its value */
  async issue(key: string): Promise<string> {
    const answered = this.page.waitForResponse((response) => response.url().endsWith('/auth/upload-token'));
    await this.clickIssue(key);
    const { token } = (await (await answered).json()) as { readonly token: string };
    await eventually(WAIT_MS, async () => {
      expect(await this.token.inputValue()).toBe(token);
    });
    return token;
  }

  async choose(name: string, bytes: Buffer): Promise<void> {
    await this.page.locator('#file').setInputFiles({ name, mimeType: 'video/mp4', buffer: bytes });
  }

  /** Sends what is chosen. @returns the fields of what was stored, by their name */
  async upload(): Promise<Readonly<Record<'id' | 'name' | 'size' | 'type' | 'sha256', string>>> {
    await this.uploadButton.click();
    await this.page.locator('#stored').waitFor();
    const field = async (name: string): Promise<string> => this.textOf(`#stored-${name}`);
    return {
      id: await field('id'),
      name: await field('name'),
      size: await field('size'),
      type: await field('type'),
      sha256: await field('sha256'),
    };
  }

  /** Waits for a refusal. @returns its code */
  async refusal(part: 'issue' | 'try' | 'list'): Promise<string> {
    return (await this.page.locator(`#${part}-notice code`).textContent()) ?? '';
  }

  async textOf(selector: string): Promise<string> {
    return (await this.page.locator(selector).textContent()) ?? '';
  }

  /** Waits until the list's newest token is in a state. */
  async newestIs(state: string): Promise<void> {
    await this.rows.first().locator(`.badge[data-state='${state}']`).waitFor();
  }

  /** Whether something is wider than the screen. */
  async scrollsSideways(): Promise<boolean> {
    return this.page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth');
  }
}

/**
 * Opens the page anew; see {@link AdminPage.open}. It is closed after the case, which fails if the page had problems.
 */
export type OpenPage = (options?: BrowserContextOptions, prepare?: (page: Page) => Promise<void>) => Promise<AdminPage>;

/**
 * A suite about the page, with an api and a browser for its cases. Skipped or failed where there is no browser.
 * @param env of the api, on top of what all of these suites have
 * @param define defines the cases; call its argument inside a hook or a case
 */
export function describeAdminPage(
  name: string,
  env: Readonly<Record<string, string>>,
  define: (open: OpenPage) => void,
): void {
  describeWithBrowser(name, (browser) => {
    const api = useApi(undefined, { ...ENV, ...env });
    const opened: AdminPage[] = [];
    afterEach(async () => {
      const pages = opened.splice(0);
      await Promise.all(pages.map(async (page) => page.close()));
      expect(pages.flatMap(({ problems }) => problems)).toEqual([]);
    });
    define(async (options, prepare) => {
      const page = await AdminPage.open(browser(), api().url, options, prepare);
      opened.push(page);
      return page;
    });
  });
}

/** The beginning of an MP4 file, and nothing behind it that could be played. */
export function videoOf(bytes: number): Buffer {
  const head = Buffer.from('\0\0\0\x18ftypisom\0\0\x02\0isomiso2', 'latin1');
  return Buffer.concat([head, Buffer.alloc(Math.max(0, bytes - head.length), 'v')]);
}
