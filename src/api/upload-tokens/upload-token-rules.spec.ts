import { CidrList } from '@tollgate/config';
import { UploadPolicy } from '../uploads/upload-policy';
import { type NewUploadToken, UploadTokenRules } from './upload-token-rules';

const policy = new UploadPolicy({
  maxBytes: 1_000,
  allowedTypes: ['video/*', 'image/png'],
  quotaBytes: undefined,
  maxAttempts: 5,
  requiresToken: true,
});
const rules = new UploadTokenRules(60_000, new CidrList([]), policy);
const NAMES = {
  maxBytes: 'max_bytes',
  allowedTypes: 'allowed_types',
  fileNamePrefix: 'file_name_prefix',
  callbackUrl: 'callback_url',
};

describe('what may be bound into a token', () => {
  it.each<[NewUploadToken]>([
    [{}],
    [{ maxBytes: 1_000 }],
    [{ allowedTypes: ['video/mp4', 'video/*', 'image/png'] }],
    [{ fileName: 'a.mp4' }],
    [{ fileNamePrefix: 'a-' }],
    [{ callbackUrl: 'https://example.com/' }],
  ])('takes %j', (wanted) => {
    expect(() => {
      rules.check(wanted, NAMES);
    }).not.toThrow();
  });

  it.each<[NewUploadToken, string]>([
    [{ maxBytes: 1_001 }, 'max_bytes: must be at most 1000'],
    [{ allowedTypes: ['video/mp4', 'image/*'] }, 'allowed_types: image/* is not within video/*, image/png'],
    [{ fileName: 'a.mp4', fileNamePrefix: 'a-' }, 'file_name_prefix: makes no sense'],
    [{ callbackUrl: 'https://10.0.0.1/' }, 'callback_url: must not lead to a private address'],
  ])('refuses %j and names the field', (wanted, text) => {
    expect(() => {
      rules.check(wanted, NAMES);
    }).toThrow(text);
  });
});
