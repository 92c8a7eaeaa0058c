import { parseBandwidthLimit } from './bandwidth-limit';

describe('parseBandwidthLimit', () => {
  it.each([
    ['', 0],
    ['10MB', 10_485_760],
    ['1024KB', 1_048_576],
    ['1.5MB', 1_572_864],
    ['.5KB', 512],
    ['0MB', 0],
  ])('reads %j as %d bytes a second', (text, bytes) => {
    expect(parseBandwidthLimit(text)).toBe(bytes);
  });

  it.each(['10', 'MB', '10GB', '10mb', '10 MB', '-1MB', '1e3MB', `${'9'.repeat(20)}MB`, '0.0009KB'])(
    'refuses %j',
    (text) => {
      expect(parseBandwidthLimit(text)).toBeUndefined();
    },
  );
});
