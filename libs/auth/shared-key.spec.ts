import { inspect } from 'node:util';
import { OperatorKey } from './operator-key';
import { UploadAdminKey } from './upload-admin-key';

describe.each([
  ['OperatorKey', OperatorKey],
  ['UploadAdminKey', UploadAdminKey],
])('%s', (_name, Key) => {
  it('matches its key and nothing else', () => {
    const key = new Key('opk_0123456789abcdef');
    expect(key.matches('opk_0123456789abcdef')).toBe(true);
    for (const other of ['', 'opk_0123456789abcde', 'opk_0123456789abcdef ', 'OPK_0123456789ABCDEF']) {
      expect(key.matches(other)).toBe(false);
    }
  });

  it('does not hold the key in a form that can be printed', () => {
    expect(inspect(new Key('opk_0123456789abcdef'), { showHidden: true, depth: 9 })).not.toContain('opk_');
  });
});
