import { CidrList } from '@tollgate/config';
import { callbackUrlProblem } from './callback-url';

const NOBODY = new CidrList([]);
const PRIVATE = 'must not lead to a private address';

describe('the address of a callback', () => {
  it.each([
    'https://example.com/done?id=1',
    'https://8.8.8.8:8443/',
    'https://[2606:4700::1111]/',
    'https://xn--fsq.com',
  ])('may be %s', (url) => {
    expect(callbackUrlProblem(url, NOBODY)).toBeUndefined();
  });

  it.each([
    'http://example.com/',
    'ftp://example.com/',
    'example.com',
    '',
    '//example.com',
    'https://',
    'javascript:1',
  ])('must be whole and https: "%s"', (url) => {
    expect(callbackUrlProblem(url, NOBODY)).toMatch(/https:/);
  });

  it.each(['https://user@example.com/', 'https://:word@example.com/', 'https://a:b@example.com/'])(
    'must not carry a name or password: %s',
    (url) => {
      expect(callbackUrlProblem(url, NOBODY)).toMatch(/user name or password/);
    },
  );

  it.each([
    'https://localhost/',
    'https://LOCALHOST.:8443/',
    'https://api.localhost/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://10.0.0.1./',
    'https://192.168.1.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://100.64.0.1/',
    'https://0.0.0.0/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fd00::1]/',
    'https://[64:ff9b::a00:1]/',
  ])('must not be private, however it is written: %s', (url) => {
    expect(callbackUrlProblem(url, NOBODY)).toBe(PRIVATE);
  });

  it('may lie in a network that is named, and only there', () => {
    const named = new CidrList(['127.0.0.0/8']);
    expect(callbackUrlProblem('https://localhost:8443/', named)).toBeUndefined();
    expect(callbackUrlProblem('https://127.9.9.9/', named)).toBeUndefined();
    expect(callbackUrlProblem('https://10.0.0.1/', named)).toBe(PRIVATE);
    expect(callbackUrlProblem('http://127.0.0.1/', named)).toMatch(/https:/);
  });
});
