import fc from 'fast-check';
import { journalLine, readJournalLine } from './journal-line';

const RECORD = { t: 'done', key: 'a b\n"c"' };

describe('a line of the journal', () => {
  it('is read as what was written, whatever that is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
        const line = journalLine(record);
        expect(line.indexOf('\n')).toBe(line.length - 1);
        const plain: unknown = JSON.parse(JSON.stringify(record));
        expect(readJournalLine(line.slice(0, -1))).toEqual(plain);
      }),
    );
  });

  it('is not whole when it ends early or a byte of it is another', () => {
    const line = journalLine(RECORD).slice(0, -1);
    for (let length = 0; length < line.length; length += 1) {
      expect(readJournalLine(line.slice(0, length))).toBeUndefined();
      const other = line[length] === 'x' ? 'y' : 'x';
      expect(readJournalLine(line.slice(0, length) + other + line.slice(length + 1))).toBeUndefined();
    }
  });

  it.each(['null', '1', '"text"'])('is none when it holds %s, be it whole', (json) => {
    const whole = journalLine({ toJSON: () => JSON.parse(json) as unknown });
    expect(readJournalLine(whole.trimEnd())).toBeUndefined();
  });
});
