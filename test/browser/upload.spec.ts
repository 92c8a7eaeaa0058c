import { createHash } from 'node:crypto';
import { eventually } from '../support/eventually';
import { type AdminPage, KEY, describeAdminPage, videoOf } from './admin-page';

const VIDEO = videoOf(200_000);

describeAdminPage('trying an upload on the administrator’s page', { UPLOAD_MAX_BYTES: '3000000' }, (open) => {
  let admin: AdminPage;
  beforeEach(async () => {
    admin = await open();
  });

  /** Makes sending slow enough to be watched. @returns ends that */
  async function slowDown(bytesPerSecond: number): Promise<() => Promise<void>> {
    const session = await admin.page.context().newCDPSession(admin.page);
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: bytesPerSecond,
    });
    return async () => session.detach();
  }

  it('shows what was stored, and the token as used', async () => {
    await admin.issue(KEY);
    await admin.choose('holiday.mp4', VIDEO);
    expect(await admin.textOf('#file-chosen')).toBe('holiday.mp4 195\u00a0KiB');
    const stored = await admin.upload();
    expect(stored).toEqual({
      id: expect.stringMatching(/^\w+$/),
      name: 'holiday.mp4',
      size: '195\u00a0KiB (200,000 bytes)',
      type: 'video/mp4',
      sha256: createHash('sha256').update(VIDEO).digest('hex'),
    });
    await admin.newestIs('used');
    expect(await admin.rows.first().textContent()).toContain(stored.id);
    await admin.page.locator('#result[data-state="used"]').waitFor();
  });

  it('shows how far it has come, how fast, and for how long still', async () => {
    await admin.issue(KEY);
    await admin.choose('holiday.mp4', videoOf(2_000_000));
    await slowDown(700_000);
    await admin.uploadButton.click();
    const bar = admin.page.locator('#transfer-bar');
    const seen: number[] = [];
    await eventually(10_000, async () => {
      const value = Number(await bar.getAttribute('value'));
      if (value > 0 && value < 1 && value !== seen.at(-1)) seen.push(value);
      expect(seen.length).toBeGreaterThan(2);
      expect(await admin.textOf('#transfer-text')).toMatch(
        /^[\d.]+\s[KM]iB of 1\.91\sMiB · [\d.]+\s[KM]iB\/s · 0:0\d left$/,
      );
    });
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    await admin.page.locator('#stored').waitFor();
    expect(await admin.page.locator('#transfer').isVisible()).toBe(false);
  });

  it('refuses a second upload with the token', async () => {
    await admin.issue(KEY);
    await admin.choose('holiday.mp4', VIDEO);
    await admin.upload();
    await admin.uploadButton.click();
    expect(await admin.refusal('try')).toBe('TOKEN_ALREADY_USED');
    expect(await admin.textOf('#try-notice')).toContain('Each is good for one upload.');
    expect(await admin.page.locator('#stored').isVisible()).toBe(false);
  });

  it.each([
    ['a token that was never issued', 'ut-nobody-knows-it', 'INVALID_UPLOAD_TOKEN'],
    ['a token that no header can carry', '令牌', 'INVALID_UPLOAD_TOKEN'],
    ['no token', '', 'MISSING_UPLOAD_TOKEN'],
  ])('refuses %s', async (_, token, code) => {
    await admin.page.locator('#try-token').fill(token);
    await admin.choose('holiday.mp4', VIDEO);
    await admin.uploadButton.click();
    expect(await admin.refusal('try')).toBe(code);
  });

  it.each([
    ['of another type', Buffer.from('PK\x03\x04not a video at all'), 'UNSUPPORTED_FILE_TYPE'],
    ['that is empty', Buffer.alloc(0), 'EMPTY_FILE'],
    ['over the limit', videoOf(3_000_001), 'FILE_TOO_LARGE'],
  ])('refuses a file %s', async (_, bytes, code) => {
    await admin.issue(KEY);
    await admin.choose('holiday.mp4', bytes);
    await admin.uploadButton.click();
    expect(await admin.refusal('try')).toBe(code);
  });

  it('asks for a file where none is chosen, and sends nothing', async () => {
    await admin.issue(KEY);
    await admin.uploadButton.click();
    expect(await admin.textOf('#try-notice')).toBe('Choose a file first.');
    expect(admin.requested.filter((url) => url.endsWith('/api/video/upload'))).toEqual([]);
  });

  it('can be cancelled, after which the token still works', async () => {
    await admin.issue(KEY);
    await admin.choose('holiday.mp4', videoOf(2_000_000));
    const speedUp = await slowDown(100_000);
    await admin.uploadButton.click();
    await admin.page.locator('#cancel').click();
    expect(await admin.refusal('try')).toBe('CANCELLED');
    await speedUp();
    await admin.choose('holiday.mp4', VIDEO);
    // The service may hold it for a moment more.
    await eventually(15_000, async () => {
      await admin.uploadButton.click();
      await admin.page.locator('#stored').waitFor({ timeout: 2_000 });
    });
    await admin.newestIs('used');
  });

  it('takes a file that is dropped on it', async () => {
    await admin.issue(KEY);
    const dropped = await admin.page.evaluateHandle<unknown, string>((text) => {
      const scope = globalThis as unknown as {
        DataTransfer: new () => { items: { add(file: unknown): void } };
        File: new (parts: string[], name: string, options: { type: string }) => unknown;
      };
      const transfer = new scope.DataTransfer();
      transfer.items.add(new scope.File([text], 'dropped.mp4', { type: 'video/mp4' }));
      return transfer;
    }, videoOf(100).toString('latin1'));
    await admin.page.dispatchEvent('#drop', 'drop', { dataTransfer: dropped });
    expect(await admin.textOf('#file-chosen')).toContain('dropped.mp4');
    expect((await admin.upload()).name).toBe('dropped.mp4');
  });
});

describeAdminPage('an expired token on the administrator’s page', { UPLOAD_TOKEN_EXPIRY: '1500' }, (open) => {
  it('is shown as expired, and refused', async () => {
    const admin = await open();
    await admin.issue(KEY);
    await admin.page.locator('#result[data-state="expired"]').waitFor();
    expect(await admin.textOf('#announcer')).toBe('It has expired.');
    await admin.newestIs('expired');
    await admin.choose('holiday.mp4', VIDEO);
    await eventually(5_000, async () => {
      await admin.uploadButton.click();
      expect(await admin.refusal('try')).toBe('TOKEN_EXPIRED');
    });
  });
});
