import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import {
  HmacAuthGuard,
  HmacStrategy,
  HmacVerifier,
  MasterKeyRing,
  OperatorAuthGuard,
  OperatorKey,
  OperatorKeyStrategy,
  QiniuStubAuthGuard,
  QiniuStubStrategy,
  SecretHasher,
  SecretSealer,
  SigningCredentialSource,
  StubAccountMapper,
  StubTrust,
  TenantAuthGuard,
  UnsignedQueryPolicy,
} from '@tollgate/auth';
import { AccountRepository, Clock, ReplayRepository, SystemClock } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import { AccountPolicy } from './accounts/account-policy';
import { LocalCredentialSource } from './accounts/local-credential-source.service';
import { RepositoryStubAccountMapper, UidMapping } from './accounts/stub-account-mapper.service';
import { AuditFailureInterceptor } from './audit/audited.decorator';
import { AuditTrail } from './audit/audit-trail.service';
import { RefusalRecorder } from './audit/refusal-recorder.service';
import { ExternalCredentialSource } from './directory/external-credential-source.service';
import { JsonDirectory } from './directory/json-directory';
import type { ApiSettings } from './settings/api.settings';
import { openMasterKeys, openOperatorKey } from './settings/secrets';
import { UploadTokensService } from './upload-tokens/upload-tokens.service';

const ACCOUNT_DIRECTORY_TIMEOUT_MS = 5_000;

/** What every feature stands on: time, log, secrets, authentication, the audit trail. */
@Module({})
export class CoreModule {
  static forRoot(settings: ApiSettings, log: Log): DynamicModule {
    const providers: Provider[] = [
      { provide: Clock, useClass: SystemClock },
      { provide: Log, useValue: log },
      AuditTrail,
      RefusalRecorder,
      AuditFailureInterceptor,
      ...secretProviders(settings, log),
      ...authenticationProviders(settings),
    ];
    return { module: CoreModule, global: true, providers, exports: providers };
  }
}

function secretProviders(settings: ApiSettings, log: Log): Provider[] {
  return [
    { provide: MasterKeyRing, useValue: openMasterKeys(settings, log) },
    { provide: OperatorKey, useValue: openOperatorKey(settings, log) },
    { provide: SecretSealer, useFactory: (ring: MasterKeyRing) => new SecretSealer(ring), inject: [MasterKeyRing] },
    { provide: SecretHasher, useValue: new SecretHasher(settings.BCRYPT_COST) },
  ];
}

function authenticationProviders(settings: ApiSettings): Provider[] {
  return [
    credentialSource(settings),
    {
      provide: HmacVerifier,
      useFactory: (credentials: SigningCredentialSource, replays: ReplayRepository, clock: Clock) =>
        new HmacVerifier(credentials, replays, clock, {
          toleranceMs: settings.HMAC_TIMESTAMP_TOLERANCE,
          replayProtection: settings.HMAC_REPLAY_PROTECTION,
        }),
      inject: [SigningCredentialSource, ReplayRepository, Clock],
    },
    { provide: UnsignedQueryPolicy, useValue: new UnsignedQueryPolicy(!settings.HMAC_REQUIRE_SIGNED_QUERY) },
    {
      provide: StubTrust,
      useValue: new StubTrust(settings.QINIU_STUB_ENABLED, settings.QINIU_STUB_TRUSTED_CIDRS, settings.TRUST_PROXY),
    },
    {
      provide: UidMapping,
      useValue: new UidMapping(settings.QINIU_UID_MAPPER_MODE, settings.QINIU_UID_AUTO_CREATE),
    },
    {
      provide: AccountPolicy,
      useValue: new AccountPolicy(settings.ACCOUNT_FETCHER_MODE === 'external', settings.REGISTRATION_MODE === 'open'),
    },
    { provide: StubAccountMapper, useClass: RepositoryStubAccountMapper },
    HmacStrategy,
    QiniuStubStrategy,
    OperatorKeyStrategy,
    HmacAuthGuard,
    QiniuStubAuthGuard,
    OperatorAuthGuard,
    TenantAuthGuard,
  ];
}

function credentialSource(settings: ApiSettings): Provider {
  const url = settings.EXTERNAL_ACCOUNT_API_URL;
  if (settings.ACCOUNT_FETCHER_MODE === 'local' || url === undefined) {
    return { provide: SigningCredentialSource, useClass: LocalCredentialSource };
  }
  return {
    provide: SigningCredentialSource,
    useFactory: (accounts: AccountRepository, uploadTokens: UploadTokensService, clock: Clock) => {
      const directory = new JsonDirectory({
        name: 'account directory',
        url: `${url}/api/accounts`,
        bearer: settings.EXTERNAL_ACCOUNT_API_TOKEN?.reveal(),
        timeoutMs: ACCOUNT_DIRECTORY_TIMEOUT_MS,
      });
      const cacheTtlMs = settings.EXTERNAL_ACCOUNT_CACHE_TTL;
      return new ExternalCredentialSource(directory, accounts, uploadTokens, clock, cacheTtlMs);
    },
    inject: [AccountRepository, UploadTokensService, Clock],
  };
}
