import { type AdminPage, KEY, describeAdminPage, videoOf } from './admin-page';

describeAdminPage('the list of tokens on the administrator’s page', {}, (open) => {
  let admin: AdminPage;
  beforeEach(async () => {
    admin = await open();
  });

  const refresh = async (): Promise<void> => admin.page.locator('#refresh').click();

  it('shows the newest first, without their values, and more when asked to', async () => {
    const tokens = [];
    for (let count = 0; count < 12; count += 1) tokens.unshift(await admin.issue(KEY));
    await refresh();
    await admin.page.locator('#more').waitFor();
    expect(await admin.rows.count()).toBe(10);
    const names = await admin.rows.locator('code').allTextContents();
    expect(names.map((name) => name.split('…')[0])).toEqual(tokens.slice(0, 10).map((token) => token.slice(0, 15)));
    await admin.page.locator('#more').click();
    await admin.rows.nth(11).waitFor();
    const text = (await admin.rows.allTextContents()).join('\n');
    for (const token of tokens) expect(text).not.toContain(token);
  });

  it('revokes a token once that is confirmed, which then works no more', async () => {
    await admin.issue(KEY);
    await admin.newestIs('open');
    const revoke = admin.rows.first().getByRole('button', { name: /^Revoke ut-/ });
    await revoke.click();
    expect(await admin.textOf('#revoke')).toContain('Revoke this token?');
    await admin.page.locator('#revoke-keep').click();
    await admin.newestIs('open');
    await revoke.click();
    await admin.page.keyboard.press('Escape');
    await admin.newestIs('open');
    await revoke.click();
    await admin.page.locator('#revoke-confirm').click();
    await admin.newestIs('revoked');
    expect(await admin.textOf('#announcer')).toMatch(/^ut-.*….* is revoked\.$/);
    await admin.page.locator('#result[data-state="revoked"]').waitFor();
    expect(await revoke.isVisible()).toBe(false);
    await admin.choose('holiday.mp4', videoOf(1_000));
    await admin.uploadButton.click();
    expect(await admin.refusal('try')).toBe('INVALID_UPLOAD_TOKEN');
  });

  it('asks for the key first, and refuses a wrong one', async () => {
    await refresh();
    expect(await admin.textOf('#list-notice')).toBe('Type the administrator’s key first.');
    await admin.key.fill('not-the-administrators-key');
    await refresh();
    expect(await admin.refusal('list')).toBe('INVALID_AUTH_KEY');
    await admin.key.fill('密钥');
    await refresh();
    expect(await admin.refusal('list')).toBe('INVALID_AUTH_KEY');
    expect(await admin.rows.count()).toBe(0);
  });
});
