import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useTemporaryFolder } from '@tollgate/testing';
import { TrafficJournal } from './traffic-journal';
import { journalLine } from './journal-line';

describe('TrafficJournal', () => {
  const folder = useTemporaryFolder();
  const path = (): string => join(folder(), 'journal');
  const written = async (...records: object[]): Promise<void> => {
    const journal = new TrafficJournal(path());
    await journal.replace(records.slice(0, 1));
    await journal.append(records.slice(1).map(journalLine).join(''));
    await journal.close();
  };

  it('is empty where there is no file', async () => {
    expect(await new TrafficJournal(path()).read()).toStrictEqual({ records: [], tornBytes: 0 });
  });

  it('gives back what was written, readable for its owner only', async () => {
    await written({ a: 1 }, { b: 'ü\n' }, { c: [1, 2] });

    expect(await new TrafficJournal(path()).read()).toStrictEqual({
      records: [{ a: 1 }, { b: 'ü\n' }, { c: [1, 2] }],
      tornBytes: 0,
    });
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });

  it('gives back all whole records, cut off at any byte', async () => {
    await written({ a: 1 }, { b: 2 }, { c: 3 });
    const whole = readFileSync(path());
    const ends = [0, ...[...whole.keys()].filter((index) => whole[index] === 10).map((index) => index + 1)];
    for (let length = 0; length <= whole.length; length += 1) {
      writeFileSync(path(), whole.subarray(0, length));
      const { records, tornBytes, damagedCopy } = await new TrafficJournal(path()).read();
      const complete = ends.filter((end) => end <= length).length - 1;
      // A record that lacks nothing but its line feed is whole too.
      const isAllButFeed = ends.includes(length + 1);
      expect(records).toStrictEqual([{ a: 1 }, { b: 2 }, { c: 3 }].slice(0, complete + (isAllButFeed ? 1 : 0)));
      if (ends.includes(length)) expect(tornBytes).toBe(0);
      expect(damagedCopy).toBeUndefined();
    }
  });

  it('stops at a record that was changed, and keeps a copy when others follow', async () => {
    await written({ a: 1 }, { b: 2 }, { c: 3 });
    const damaged = readFileSync(path(), 'utf8').replace('"b":2', '"b":9');
    writeFileSync(path(), damaged);

    const { records, damagedCopy } = await new TrafficJournal(path()).read();
    expect(records).toStrictEqual([{ a: 1 }]);
    expect(readFileSync(damagedCopy ?? '', 'utf8')).toBe(damaged);
  });

  it('takes appended lines only after it was replaced, and then behind the new content', async () => {
    const journal = new TrafficJournal(path());
    await expect(journal.append(journalLine({ a: 1 }))).rejects.toThrow('not open');
    await journal.replace([{ a: 1 }]);
    await journal.append(journalLine({ b: 2 }));
    await journal.replace([{ c: 3 }]);
    await journal.append(journalLine({ d: 4 }));
    expect(journal.size).toBe(statSync(path()).size);
    await journal.close();

    expect((await new TrafficJournal(path()).read()).records).toStrictEqual([{ c: 3 }, { d: 4 }]);
  });
});
