import fc from 'fast-check';
import { GrantedScopes, MAX_SCOPE_LENGTH, isScope } from './scope';

const word = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,15}$/);

describe('isScope', () => {
  it.each(['*', 'storage:read', 'storage:*', 'unknown-thing:do', 'a:b', 'Ünï:cödé'])('accepts %s', (text) => {
    expect(isScope(text)).toBe(true);
  });

  it.each([
    '',
    'storage',
    ':read',
    'storage:',
    ':',
    'a:b:c',
    '*:read',
    '*:*',
    'storage:re*d',
    'sto rage:read',
    'storage:re\tad',
    'storage:re\0ad',
    ' storage:read',
    'storage:read\n',
    '**',
    'storage:\ud800',
  ])('refuses %j', (text) => {
    expect(isScope(text)).toBe(false);
  });

  it('is bounded in length', () => {
    expect(isScope(`a:${'b'.repeat(MAX_SCOPE_LENGTH - 2)}`)).toBe(true);
    expect(isScope(`a:${'b'.repeat(MAX_SCOPE_LENGTH - 1)}`)).toBe(false);
  });
});

describe('GrantedScopes', () => {
  it('grants an exact match and nothing else', () => {
    const scopes = new GrantedScopes(['storage:read']);
    expect(scopes.grants('storage:read')).toBe(true);
    for (const other of ['storage:write', 'storage:*', '*', 'cdn:read', 'storage:reader', 'xstorage:read']) {
      expect(scopes.grants(other)).toBe(false);
    }
  });

  it('grants every action of a resource, and of that resource only, for resource:*', () => {
    fc.assert(
      fc.property(word, word, word, (resource, action, other) => {
        const scopes = new GrantedScopes([`${resource}:*`]);
        expect(scopes.grants(`${resource}:${action}`)).toBe(true);
        expect(scopes.grants(`${resource}:*`)).toBe(true);
        expect(scopes.grants('*')).toBe(false);
        expect(scopes.grants(`${other}:${action}`)).toBe(other === resource);
      }),
    );
  });

  it('grants everything for *', () => {
    fc.assert(
      fc.property(word, word, (resource, action) => {
        const scopes = new GrantedScopes(['*']);
        expect(scopes.grants(`${resource}:${action}`) && scopes.grants(`${resource}:*`) && scopes.grants('*')).toBe(
          true,
        );
      }),
    );
  });

  it('grants nothing without a scope, except a request for none', () => {
    const none = new GrantedScopes([]);
    expect(none.grants('storage:read')).toBe(false);
    expect(none.grantsAll(['storage:read'])).toBe(false);
    expect(none.grantsAll([])).toBe(true);
  });

  it('grants a list only when all of it is granted', () => {
    const scopes = new GrantedScopes(['storage:*', 'cdn:purge']);
    expect(scopes.grantsAll(['storage:read', 'cdn:purge'])).toBe(true);
    expect(scopes.grantsAll(['storage:read', 'cdn:refresh'])).toBe(false);
  });

  it('is not fooled by names of Object.prototype', () => {
    const scopes = new GrantedScopes(['storage:read']);
    for (const name of ['__proto__', 'constructor', 'toString', '__proto__:*', 'constructor:name']) {
      expect(scopes.grants(name)).toBe(false);
    }
  });
});
