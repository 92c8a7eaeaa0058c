import { type AdminPage, KEY, type OpenPage, describeAdminPage, videoOf } from './admin-page';

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

interface AccessibilityNode {
  readonly ignored: boolean;
  readonly role?: { readonly value?: unknown };
  readonly name?: { readonly value?: string };
}

const CONTROLS = [
  'button',
  'textbox',
  'checkbox',
  'combobox',
  'spinbutton',
  'progressbar',
  'timer',
  'dialog',
  'region',
];

describeAdminPage('the administrator’s page', {}, (open) => {
  /** Opens it and has it show as much as it can at once. */
  async function openFull(options: Parameters<OpenPage>[0]): Promise<AdminPage> {
    const admin = await open(options);
    await admin.page.locator('#options summary').click();
    await admin.page.locator('#owner-label').fill(`${'x'.repeat(60)} and a long label that has to be wrapped`);
    await admin.issue(KEY);
    await admin.choose(`${'long-name'.repeat(12)}.mp4`, videoOf(1_000));
    await admin.upload();
    await admin.newestIs('used');
    await admin.issue(KEY);
    await admin.newestIs('open');
    await admin.choose('wrong.mp4', Buffer.from('<html>not a video</html>'));
    await admin.uploadButton.click();
    await admin.page.locator('#try-notice').waitFor();
    return admin;
  }

  it.each([
    ['a phone in English', { ...PHONE, locale: 'en-US' }],
    ['a phone in Chinese', { ...PHONE, locale: 'zh-CN' }],
    ['a tablet', { viewport: { width: 860, height: 1_100 }, locale: 'en-US' }],
  ])('never scrolls sideways on %s', async (_, options) => {
    const admin = await openFull(options);
    expect(await admin.scrollsSideways()).toBe(false);
  });

  it.each([
    [['zh-CN', 'en'], 'zh-Hans', '生成 Token'],
    [['en-GB', 'zh-CN'], 'en', 'Generate token'],
    [['de-DE', 'zh-TW', 'en'], 'zh-Hans', '生成 Token'],
    [['fr-FR'], 'en', 'Generate token'],
  ])('speaks to a reader of %j in %s', async (languages, lang, button) => {
    const admin = await open({}, async (page) => {
      const script = `Object.defineProperty(navigator, 'languages', { value: ${JSON.stringify(languages)} })`;
      await page.addInitScript(script);
    });
    expect(await admin.page.locator('html').getAttribute('lang')).toBe(lang);
    expect(await admin.issueButton.textContent()).toBe(button);
  });

  it('refuses in Chinese too', async () => {
    const admin = await open({ locale: 'zh-CN' });
    await admin.clickIssue('not-the-administrators-key');
    expect(await admin.refusal('issue')).toBe('INVALID_AUTH_KEY');
    expect(await admin.textOf('#issue-notice')).toContain('管理员密钥错误。');
  });

  it('leaves no text out, and gives every control a name', async () => {
    const admin = await openFull({});
    const texts = await admin.page.locator('[data-text]').allTextContents();
    expect(texts.length).toBeGreaterThan(30);
    expect(texts.filter((text) => text.trim() === '')).toEqual([]);
    const session = await admin.page.context().newCDPSession(admin.page);
    const { nodes } = (await session.send('Accessibility.getFullAXTree')) as { nodes: readonly AccessibilityNode[] };
    const controls = nodes.filter(({ ignored, role }) => !ignored && CONTROLS.includes(String(role?.value)));
    expect(controls.length).toBeGreaterThan(15);
    expect(controls.filter(({ name }) => (name?.value ?? '').trim() === '')).toEqual([]);
  });

  it('is dark where the reader wants it dark', async () => {
    const background = async (colorScheme: 'light' | 'dark'): Promise<string> => {
      const admin = await open({ colorScheme });
      const colour = await admin.page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      return colour;
    };
    expect(await background('light')).toBe('rgb(244, 245, 248)');
    expect(await background('dark')).toBe('rgb(16, 19, 26)');
  });
});
