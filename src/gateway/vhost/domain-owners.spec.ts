import { DomainOwners } from './domain-owners';

describe('DomainOwners', () => {
  let owners: DomainOwners;
  beforeEach(() => {
    owners = new DomainOwners();
  });

  it('leaves a domain to who had its first route, until the last of its routes is gone', () => {
    expect([owners.take('a.example', 'one'), owners.take('a.example', 'one')]).toEqual([true, true]);
    expect(owners.take('a.example', 'other')).toBe(false);
    owners.release('a.example');
    expect(owners.take('a.example', 'other')).toBe(false);
    owners.release('a.example');
    expect([owners.take('a.example', 'other'), owners.take('a.example', 'one')]).toEqual([true, false]);
    expect([owners.countOf('one'), owners.countOf('other')]).toEqual([0, 1]);
  });

  it.each(['a.example.com', 'b.a.example.com', '*.a.example.com'])(
    'keeps %s, below a wildcard, for the owner of that',
    (domain) => {
      owners.take('*.example.com', 'one');
      expect([owners.take(domain, 'other'), owners.take(domain, 'one')]).toEqual([false, true]);
      owners.release('*.example.com');
      owners.release(domain);
      expect(owners.take(domain, 'other')).toBe(true);
    },
  );

  it('lets who has a host keep it when another gets a wildcard above, and open no second one', () => {
    owners.take('a.example.com', 'other');
    expect(owners.take('*.example.com', 'one')).toBe(true);
    expect([owners.take('a.example.com', 'other'), owners.take('b.example.com', 'other')]).toEqual([true, false]);
  });

  it.each(['example.com', 'a.example.org', '*.com', 'xexample.com'])(
    'takes %s for nothing below a wildcard',
    (domain) => {
      owners.take('*.example.com', 'one');
      owners.take('*', 'one');
      if (domain !== '*.com') owners.take('*.com', 'one');
      expect(owners.take(domain, 'other')).toBe(true);
    },
  );
});
