import fc from 'fast-check';
import { parseRfc3339 } from './rfc3339';

/** Years that stay four digits whatever the zone. */
const instant = fc.date({
  min: new Date('0001-01-01T00:00:00Z'),
  max: new Date('9998-12-31T23:59:59Z'),
  noInvalidDate: true,
});

describe('parseRfc3339', () => {
  it('reads back whatever toISOString writes', () => {
    fc.assert(
      fc.property(instant, (date) => {
        expect(parseRfc3339(date.toISOString())).toEqual({ epochMs: date.getTime(), hasFraction: true });
      }),
    );
  });

  it('takes any zone for the same instant', () => {
    const minutes = fc.integer({ min: -(23 * 60 + 59), max: 23 * 60 + 59 });
    fc.assert(
      fc.property(instant, minutes, (date, offset) => {
        const whole = Math.floor(date.getTime() / 1000) * 1000;
        const local = new Date(whole + offset * 60_000).toISOString().slice(0, 19);
        const two = (value: number): string => String(value).padStart(2, '0');
        const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
        expect(parseRfc3339(local + zone)).toEqual({ epochMs: whole, hasFraction: false });
      }),
    );
  });

  it('drops digits below a millisecond, never rounds up', () => {
    const nines = fc.integer({ min: 0, max: 999_999_999 }).map((value) => String(value).padStart(9, '0'));
    fc.assert(
      fc.property(nines, (digits) => {
        expect(parseRfc3339(`2026-01-04T10:00:00.${digits}Z`)?.epochMs).toBe(
          Date.parse('2026-01-04T10:00:00Z') + Number(digits.slice(0, 3)),
        );
      }),
    );
  });

  it('reads every millisecond exactly', () => {
    for (let ms = 0; ms < 1_000; ms += 1) {
      const text = `2026-01-04T10:00:00.${String(ms).padStart(3, '0')}Z`;
      expect(parseRfc3339(text)?.epochMs).toBe(Date.parse('2026-01-04T10:00:00Z') + ms);
    }
  });

  it.each([
    ['2026-01-04T10:00:00Z', false],
    ['2026-01-04t10:00:00z', false],
    ['2026-01-04T10:00:00.0Z', true],
    ['2026-01-04T10:00:00.123456789Z', true],
    ['2026-01-04T10:00:00+00:00', false],
    ['2026-01-04T10:00:00-00:00', false],
    ['2024-02-29T23:59:59Z', false],
  ])('accepts %s and says whether it has a fraction', (text, hasFraction) => {
    expect(parseRfc3339(text)?.hasFraction).toBe(hasFraction);
  });

  it.each([
    '',
    'now',
    '1767520800',
    '2026-01-04',
    '2026-01-04T10:00Z',
    '2026-01-04T10:00:00',
    '2026-01-04 10:00:00Z',
    '2026-1-4T10:00:00Z',
    '26-01-04T10:00:00Z',
    '+02026-01-04T10:00:00Z',
    '2026-01-04T10:00:00.Z',
    '2026-01-04T10:00:00,5Z',
    '2026-01-04T10:00:00.1234567890Z',
    '2026-01-04T10:00:00+0000',
    '2026-01-04T10:00:00+24:00',
    '2026-01-04T10:00:00+00:60',
    '2026-01-04T10:00:00ZZ',
    ' 2026-01-04T10:00:00Z',
    '2026-01-04T10:00:00Z\n',
    'Sun, 04 Jan 2026 10:00:00 GMT',
    '٢٠٢٦-01-04T10:00:00Z',
  ])('refuses %j', (text) => {
    expect(parseRfc3339(text)).toBeUndefined();
  });

  it.each([
    '2026-02-29T10:00:00Z',
    '2025-02-30T10:00:00Z',
    '2026-04-31T10:00:00Z',
    '2026-13-01T10:00:00Z',
    '2026-00-01T10:00:00Z',
    '2026-01-00T10:00:00Z',
    '2026-01-32T10:00:00Z',
    '2026-01-04T24:00:00Z',
    '2026-01-04T10:60:00Z',
    '2026-01-04T10:00:60Z',
    '2026-06-30T23:59:60Z',
  ])('refuses the instant %s, which does not exist', (text) => {
    expect(parseRfc3339(text)).toBeUndefined();
  });

  it.each(['9999-12-31T23:59:59-00:01', '0000-01-01T00:00:00+00:01'])(
    'refuses %s, which could not be written back in UTC',
    (text) => {
      expect(parseRfc3339(text)).toBeUndefined();
    },
  );

  it('answers any text without throwing, and only with finite times', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('0123456789-:.TZtz+ x')) }), (text) => {
        const time = parseRfc3339(text);
        expect(time === undefined || Number.isSafeInteger(time.epochMs)).toBe(true);
      }),
    );
  });
});
