import { newBearerToken, newSecretKey } from '@tollgate/domain';
import { redactRequestData, redactText } from './redact-secrets';

const HEX64 = '0a'.repeat(32);

describe('redactRequestData', () => {
  it.each([
    'password',
    'secret_key',
    'SecretKey',
    'token',
    'access_token',
    'Authorization',
    'signature',
    'sk',
    'api_key',
  ])('removes what is named %s, at any depth', (name) => {
    expect(JSON.stringify(redactRequestData({ a: [{ [name]: 'hunter2' }] }))).not.toContain('hunter2');
  });

  it.each([HEX64, `sk-${HEX64}`, newSecretKey(), newBearerToken('sk')])('removes %s wherever it stands', (secret) => {
    const tail = secret.slice(-20);
    expect(JSON.stringify(redactRequestData({ note: `was ${secret}!`, [secret]: 1 }))).not.toContain(tail);
    expect(redactText(`was ${secret}!`)).not.toContain(tail);
  });

  it('keeps the rest', () => {
    const data = { token_id: 'tk_1', description: 'd', scope: ['a:b'], n: 1, ok: true, none: null };
    expect(redactRequestData(data)).toStrictEqual(data);
  });

  it('reads JSON text and keeps any other value under a name', () => {
    expect(redactRequestData('{"password":"x","a":1}')).toStrictEqual({ password: '[removed]', a: 1 });
    expect(redactRequestData('free text')).toStrictEqual({ value: 'free text' });
    expect(redactRequestData([1])).toStrictEqual({ value: [1] });
  });

  it('drops what lies too deep', () => {
    let deep: unknown = { password: 'hunter2' };
    for (let level = 0; level < 500; level++) deep = { deep };
    expect(JSON.stringify(redactRequestData(deep))).not.toContain('hunter2');
  });
});
