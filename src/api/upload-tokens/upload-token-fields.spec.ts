import { z } from 'zod';
import { uploadTokenFields } from './upload-token-fields';

const fields = z.strictObject(uploadTokenFields);

describe('the fields of an upload token', () => {
  it.each([
    ['maxBytes', 1],
    ['allowedTypes', ['video/mp4', 'image/*']],
    ['fileName', '我的视频.mp4'],
    ['fileName', `${'a'.repeat(251)}.mp4`],
    ['fileName', '.hidden'],
    ['fileNamePrefix', 'customer 42 - '],
    ['ownerLabel', 'customer/42: "the first"'],
    ['lifetimeSeconds', 1],
    ['lifetimeSeconds', 604_800],
    ['lifetimeSeconds', null],
  ])('take %s %j', (field, value) => {
    expect(fields.safeParse({ [field]: value }).success).toBe(true);
  });

  it.each([
    ['maxBytes', 0],
    ['maxBytes', 1.5],
    ['maxBytes', '100'],
    ['maxBytes', 2 ** 53],
    ['allowedTypes', []],
    ['allowedTypes', 'video/mp4'],
    ['allowedTypes', ['*/*']],
    ['allowedTypes', ['Video/mp4']],
    ['allowedTypes', Array.from({ length: 17 }, () => 'video/mp4')],
    ['fileName', ''],
    ['fileName', ' '],
    ['fileName', '..'],
    ['fileName', '../a.mp4'],
    ['fileName', 'a\\b.mp4'],
    ['fileName', 'C:a.mp4'],
    ['fileName', 'a\0.mp4'],
    ['fileName', 'a\n.mp4'],
    ['fileName', 'a\u202egpj.mp4'],
    ['fileName', 'a\u200b.mp4'],
    ['fileName', 'a.mp4.'],
    ['fileName', 'a.mp4 '],
    ['fileName', 'a\ud800.mp4'],
    ['fileName', `${'a'.repeat(252)}.mp4`],
    ['fileName', '我'.repeat(86)],
    ['fileNamePrefix', 'a/'],
    ['fileNamePrefix', 'a'.repeat(101)],
    ['ownerLabel', ''],
    ['ownerLabel', 'a\0'],
    ['ownerLabel', 'a'.repeat(129)],
    ['callbackUrl', `https://example.com/${'a'.repeat(2_048)}`],
    ['lifetimeSeconds', 0],
    ['lifetimeSeconds', 604_801],
    ['lifetimeSeconds', 1.5],
    ['somethingElse', 1],
  ])('refuse %s %j', (field, value) => {
    expect(fields.safeParse({ [field]: value }).success).toBe(false);
  });
});
