import { SecretSealer, StaticMasterKeyRing, formatMasterKey, newMasterKey, parseMasterKeys } from '@tollgate/auth';
import { CidrList } from '@tollgate/config';
import {
  type AuditRecord,
  AuditRepository,
  UPLOAD_ADMIN,
  UploadReservations,
  type UploadToken,
  type UploadTokenInsertOutcome,
  UploadTokenRepository,
  hashToken,
  isPlausibleToken,
} from '@tollgate/domain';
import { FakeClock, buildUploadToken } from '@tollgate/testing';
import { AuditTrail } from '../audit/audit-trail.service';
import { MetricsService } from '../metrics/metrics.service';
import { UploadPolicy } from '../uploads/upload-policy';
import { FIELD_NAMES } from './upload-token.schemas';
import { UploadTokenMetrics } from './upload-token-metrics';
import { UploadTokenRules } from './upload-token-rules';
import { UploadTokensService } from './upload-tokens.service';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const CALLER = { ip: '192.0.2.1', userAgent: 'test' };

describe('UploadTokensService', () => {
  const clock = new FakeClock();
  const sealer = new SecretSealer(new StaticMasterKeyRing(parseMasterKeys(formatMasterKey(newMasterKey()))));
  const log = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };

  function serviceOf(repository: Partial<UploadTokenRepository>): UploadTokensService {
    const policy = new UploadPolicy({
      maxBytes: 1_000,
      allowedTypes: ['video/*'],
      quotaBytes: undefined,
      maxAttempts: 5,
      requiresToken: true,
    });
    return new UploadTokensService(
      Object.assign(Object.create(UploadTokenRepository.prototype) as UploadTokenRepository, repository),
      Object.assign(Object.create(UploadReservations.prototype) as UploadReservations, {
        look: () => Promise.resolve(new Map()),
      }),
      new UploadTokenRules(HOUR_MS, new CidrList([]), policy),
      policy,
      sealer,
      new AuditTrail(Object.create(AuditRepository.prototype) as AuditRepository, clock),
      new UploadTokenMetrics(new MetricsService()),
      clock,
      log,
    );
  }

  /** Issues with the given wish, and tells what was stored. */
  async function issue(
    wanted: Parameters<UploadTokensService['issue']>[1],
    accountId = 'acc_1',
  ): Promise<{ stored: UploadToken; audit: AuditRecord; value: string; callbackSecret: string | undefined }> {
    const insert = jest
      .fn<Promise<UploadTokenInsertOutcome>, [UploadToken, AuditRecord]>()
      .mockResolvedValue('inserted');
    const { value, callbackSecret } = await serviceOf({ insert }).issue({ accountId }, wanted, FIELD_NAMES, CALLER);
    const [stored, audit] = insert.mock.calls[0] ?? [];
    if (stored === undefined || audit === undefined) throw new Error('nothing was stored');
    return { stored, audit, value, callbackSecret };
  }

  it('issues tokens that are plausible, expire as the settings say and are remembered a day longer', async () => {
    const { stored, value } = await issue({});
    expect(isPlausibleToken(value)).toBe(true);
    expect(stored.hash).toEqual(hashToken(value));
    expect(stored.expiresAt.getTime()).toBe(clock.nowMs() + HOUR_MS);
    expect(stored.purgeAt.getTime()).toBe(clock.nowMs() + HOUR_MS + DAY_MS);
    expect((await issue({ lifetimeSeconds: 5 })).stored.expiresAt.getTime()).toBe(clock.nowMs() + 5_000);
  });

  it('refuses an account that was suspended while it asked, as any other call of it', async () => {
    const insert = jest.fn<Promise<UploadTokenInsertOutcome>, []>().mockResolvedValue('suspended');
    const attempt = serviceOf({ insert }).issue({ accountId: 'acc_1' }, {}, FIELD_NAMES, CALLER);
    await expect(attempt).rejects.toMatchObject({ code: 'account_suspended', message: 'account suspended' });
  });

  it('keeps and audits neither the value nor the secret of the callback, and logs nothing of them', async () => {
    const wanted = { callbackUrl: 'https://example.com/hook?key=hunter2', ownerLabel: 'one' };
    const { stored, audit, value, callbackSecret = '' } = await issue(wanted);
    for (const secret of [value, value.slice(20), callbackSecret.slice(8)]) {
      expect(JSON.stringify(stored)).not.toContain(secret);
      expect(JSON.stringify(audit)).not.toContain(secret);
      expect(JSON.stringify(log.debug.mock.calls)).not.toContain(secret);
    }
    expect(JSON.stringify(audit)).not.toContain('hunter2');
    expect(audit).toMatchObject({ action: 'issue_upload_token', resourceId: stored.id, result: 'success' });
    expect(audit.requestData).toMatchObject({ owner_label: 'one', callback_origin: 'https://example.com' });
  });

  it("seals a callback's secret for the token's account, in the form of Standard Webhooks", async () => {
    const { stored, callbackSecret } = await issue({ callbackUrl: 'https://example.com/' }, UPLOAD_ADMIN);
    expect(callbackSecret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const sealed = stored.options.callback?.secret;
    if (sealed === undefined) throw new Error('nothing was sealed');
    expect(sealer.open(UPLOAD_ADMIN, sealed)).toBe(callbackSecret);
    expect(() => sealer.open('acc_1', sealed)).toThrow();
    expect((await issue({})).callbackSecret).toBeUndefined();
  });

  it('shows a sub-account nothing of its siblings, as if there were nothing', async () => {
    const token = buildUploadToken({ accountId: 'acc_1', iuid: '7' });
    const revoke = jest.fn();
    const service = serviceOf({ findById: () => Promise.resolve(token), revoke });
    const text = 'upload token not found';
    await expect(service.find({ accountId: 'acc_1', iuid: '8' }, token.id)).rejects.toThrow(text);
    await expect(service.revoke({ accountId: 'acc_1', iuid: '8' }, token.id, CALLER)).rejects.toThrow(text);
    expect(revoke).not.toHaveBeenCalled();
    await expect(service.find({ accountId: 'acc_1', iuid: '7' }, token.id)).resolves.toMatchObject({ state: 'open' });
    await expect(service.find({ accountId: 'acc_1' }, token.id)).resolves.toMatchObject({ state: 'open' });
  });

  it('tells of a token that it came too late to revoke what it is', async () => {
    const token = buildUploadToken({ accountId: 'acc_1' });
    const used = { ...token, end: { reason: 'stored', at: clock.now(), fileId: 'file_1' } as const };
    const service = serviceOf({ findById: () => Promise.resolve(token), revoke: () => Promise.resolve(used) });
    await expect(service.revoke({ accountId: 'acc_1' }, token.id, CALLER)).resolves.toMatchObject({ state: 'used' });
  });
});
