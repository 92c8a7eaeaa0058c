import { eventually } from '../support/eventually';
import { type AdminPage, KEY, describeAdminPage } from './admin-page';

describeAdminPage('issuing an upload token on the administrator’s page', {}, (open) => {
  let admin: AdminPage;
  beforeEach(async () => {
    admin = await open();
  });

  it('shows the token, hands it to the trial below, and counts its hour down', async () => {
    const token = await admin.issue(KEY);
    expect(token).toMatch(/^ut-/);
    expect(await admin.page.locator('#try-token').inputValue()).toBe(token);
    expect(await admin.textOf('#countdown')).toMatch(/^(?:1:00:00|59:5\d)$/);
    await admin.newestIs('open');
    const shown = await admin.textOf('#countdown');
    await eventually(5_000, async () => {
      expect(await admin.textOf('#countdown')).not.toBe(shown);
    });
  });

  it.each([
    ['by the clipboard', true],
    ['by the selection, where a page without https has no clipboard', false],
  ])('copies the token %s', async (_, hasClipboard) => {
    await admin.page.context().grantPermissions(['clipboard-write']);
    if (!hasClipboard) {
      await admin.page.addInitScript('Object.defineProperty(navigator, "clipboard", { value: undefined })');
      await admin.page.reload();
    }
    const token = await admin.issue(KEY);
    await admin.page.locator('#copy').click();
    expect(await admin.textOf('#copy')).toBe('Copied');
    expect(await admin.textOf('#announcer')).toBe('Copied');
    await admin.page.locator('#options summary').click();
    await admin.page.locator('#owner-label').focus();
    await admin.page.keyboard.press('Control+V');
    expect(await admin.page.locator('#owner-label').inputValue()).toBe(token);
  });

  it('refuses a wrong key, says so, and lets it be typed anew', async () => {
    await admin.clickIssue('not-the-administrators-key');
    expect(await admin.refusal('issue')).toBe('INVALID_AUTH_KEY');
    expect(await admin.textOf('#issue-notice')).toContain('The administrator’s key is wrong.');
    expect(await admin.page.locator('#result').isVisible()).toBe(false);
    expect(await admin.page.locator('#key:focus').count()).toBe(1);
    expect(await admin.key.getAttribute('aria-invalid')).toBe('true');
    await admin.issue(KEY);
    expect(await admin.page.locator('#issue-notice').isVisible()).toBe(false);
  });

  it('names the field that the service refuses', async () => {
    await admin.page.locator('#options summary').click();
    await admin.page.locator('#types').fill('application/zip');
    await admin.clickIssue(KEY);
    expect(await admin.refusal('issue')).toBe('INVALID_REQUEST');
    expect(await admin.textOf('#issue-notice')).toContain('allowedTypes');
  });

  it('binds what is filled in into the token', async () => {
    await admin.page.locator('#options summary').click();
    await admin.page.locator('#max-size').fill('1.5');
    await admin.page.locator('#max-size-unit').selectOption('GiB');
    await admin.page.locator('#validity').fill('2');
    await admin.page.locator('#validity-unit').selectOption('days');
    await admin.page.locator('#types').fill('video/mp4, video/webm');
    await admin.page.locator('#owner-label').fill('group B');
    const asked = admin.page.waitForRequest((request) => request.url().endsWith('/auth/upload-token'));
    await admin.issue(KEY);
    expect((await asked).postDataJSON()).toEqual({
      authKey: KEY,
      maxSize: 1_610_612_736,
      expiresIn: 172_800,
      allowedTypes: ['video/mp4', 'video/webm'],
      ownerLabel: 'group B',
    });
    expect(await admin.textOf('#countdown')).toMatch(/^(?:2 d 00:00:00|1 d 23:59:\d\d)$/);
    await admin.newestIs('open');
    expect(await admin.rows.first().locator('.token-label').textContent()).toBe('group B');
  });

  it('keeps the key out of addresses and of every storage, unless the tab is to remember it', async () => {
    await admin.issue(KEY);
    await admin.newestIs('open');
    expect(admin.requested.join('\n')).not.toContain(KEY);
    expect(await admin.page.evaluate('[sessionStorage.length, localStorage.length, document.cookie]')).toEqual([
      0,
      0,
      '',
    ]);
    await admin.page.reload();
    expect(await admin.key.inputValue()).toBe('');
  });

  it('remembers the key for the tab where that is wanted, and forgets it again', async () => {
    await admin.key.fill(KEY);
    await admin.page.locator('#key-remember').check();
    await admin.page.reload();
    expect(await admin.key.inputValue()).toBe(KEY);
    await admin.rows.first().waitFor();
    await admin.page.locator('#key-remember').uncheck();
    await admin.page.reload();
    expect(await admin.key.inputValue()).toBe('');
  });

  it('shows the key only when asked to', async () => {
    await admin.key.fill(KEY);
    expect(await admin.key.getAttribute('type')).toBe('password');
    await admin.page.getByRole('button', { name: 'Show the key' }).click();
    expect(await admin.key.getAttribute('type')).toBe('text');
    await admin.page.getByRole('button', { name: 'Hide the key' }).click();
    expect(await admin.key.getAttribute('type')).toBe('password');
  });

  it('can be done by the keyboard alone', async () => {
    await admin.page.keyboard.press('Tab');
    await admin.page.keyboard.type(KEY);
    await admin.page.keyboard.press('Enter');
    await admin.page.locator('#result').waitFor();
    expect(await admin.token.inputValue()).toMatch(/^ut-/);
  });
});

describeAdminPage('too many requests on the administrator’s page', { UPLOAD_TOKEN_LIMIT_PER_MINUTE: '2' }, (open) => {
  it('are shown with the time to wait, counted down, and can be repeated after it', async () => {
    const admin = await open({}, async (page) => page.clock.install());
    await admin.issue(KEY);
    await admin.issue(KEY);
    await admin.clickIssue(KEY);
    expect(await admin.refusal('issue')).toBe('RATE_LIMITED');
    const wait = admin.page.locator('#issue-notice .notice-wait');
    expect(await wait.textContent()).toMatch(/^You can try again in (?:1:0[0-5]|0:5\d)\.$/);
    expect(await admin.issueButton.isDisabled()).toBe(true);
    await admin.page.clock.runFor(50_000);
    expect(await wait.textContent()).toMatch(/^You can try again in 0:(?:0\d|1[0-5])\.$/);
    expect(await admin.issueButton.isDisabled()).toBe(true);
    await admin.page.clock.runFor(16_000);
    expect(await wait.textContent()).toBe('You can try again now.');
    expect(await admin.issueButton.isDisabled()).toBe(false);
  });
});
