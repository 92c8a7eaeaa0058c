import { PART_BYTES, minPartBytesFor, partBytesFor } from './limits';

const MOST_PARTS = 10_000;

describe('partBytesFor', () => {
  it('takes the usual part as long as its 10,000 hold the largest file', () => {
    expect(partBytesFor(1)).toBe(PART_BYTES);
    expect(partBytesFor(PART_BYTES * MOST_PARTS)).toBe(PART_BYTES);
  });

  it.each([PART_BYTES * MOST_PARTS + 1, 5 * 1_024 ** 4])('lets a file of %d bytes fit', (maxBytes) => {
    expect(partBytesFor(maxBytes)).toBeGreaterThan(PART_BYTES);
    expect(partBytesFor(maxBytes) * MOST_PARTS).toBeGreaterThanOrEqual(maxBytes);
  });
});

describe('minPartBytesFor', () => {
  const LEAST = 5_242_880;

  it('is the least that the protocol allows as long as 10,000 of them hold the upload', () => {
    expect(minPartBytesFor(1)).toBe(LEAST);
    expect(minPartBytesFor(LEAST * MOST_PARTS)).toBe(LEAST);
  });

  it.each([LEAST * MOST_PARTS + 1, 5 * 1_024 ** 4])('lets an upload of %d bytes fit, never above a part', (size) => {
    expect(minPartBytesFor(size) * MOST_PARTS).toBeGreaterThanOrEqual(size);
    expect(minPartBytesFor(size)).toBeLessThanOrEqual(partBytesFor(size));
  });
});
