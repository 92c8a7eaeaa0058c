import { SettingsError } from '@tollgate/config';
import { configFileOf } from './command-line';

describe('the command line of the gateway', () => {
  it.each([[['-c', 'frps.toml']], [['-cfrps.toml']], [['--config', 'frps.toml']], [['--config=frps.toml']]])(
    'names a file with %j',
    (args) => {
      expect(configFileOf(args)).toBe('frps.toml');
    },
  );

  it('needs none', () => {
    expect(configFileOf([])).toBeUndefined();
  });

  it.each([[['-x']], [['-c']], [['-c', '']], [['frps.toml']], [['--config']]])('refuses %j', (args) => {
    expect(() => configFileOf(args)).toThrow(SettingsError);
  });
});
