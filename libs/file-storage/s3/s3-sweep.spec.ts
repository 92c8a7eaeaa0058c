import type { S3Client } from '@aws-sdk/client-s3';
import { DEAD_AFTER_MS, SWEPT_PAGES } from './limits';
import { loadS3Sdk } from './s3-sdk';
import { S3Sweep } from './s3-sweep';

const NOW_MS = Date.parse('2026-01-04T10:00:00.000Z');
const HOUR_MS = 3_600_000;

interface Sent {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}
type Answers = Readonly<Record<string, (input: Sent['input']) => unknown>>;

const none = async (): Promise<ReadonlySet<string>> => new Set();
const ago = (ms: number): Date => new Date(NOW_MS - ms);

/** A sweep of a server that answers as told, and with nothing to what nothing was told of. */
async function setUp(answers: Answers): Promise<{ readonly sweep: S3Sweep; readonly sent: readonly Sent[] }> {
  const sent: Sent[] = [];
  const send = async (command: { readonly input: Sent['input'] }): Promise<unknown> => {
    const name = command.constructor.name.replace(/Command$/, '');
    sent.push({ name, input: command.input });
    return answers[name]?.(command.input) ?? {};
  };
  const client = { send } as unknown as S3Client;
  return { sweep: new S3Sweep({ sdk: await loadS3Sdk(), client, bucket: 'bucket', prefix: 'p/' }), sent };
}

/** Objects of ours, to none of which there is a description. */
function headObject({ Key }: Sent['input']): unknown {
  if (String(Key).startsWith('p/partial/')) throw Object.assign(new Error('none'), { name: 'NotFound' });
  return { Metadata: { 'tollgate-file': String(Key).slice(-9) } };
}

const named = (sent: readonly Sent[], name: string): readonly Sent[] => sent.filter((one) => one.name === name);

describe('S3Sweep', () => {
  const begun = { Key: 'p/2025-12-01/file_slow', UploadId: 'u', Initiated: ago(3 * DEAD_AFTER_MS) };

  it('leaves an upload in parts that began long ago and had a part since, on whatever page', async () => {
    const { sweep, sent } = await setUp({
      ListMultipartUploads: () => ({ Uploads: [begun] }),
      ListParts: ({ PartNumberMarker }) =>
        PartNumberMarker === '1000'
          ? { Parts: [{ LastModified: ago(DEAD_AFTER_MS - 1) }] }
          : { Parts: [{ LastModified: ago(2 * DEAD_AFTER_MS) }], IsTruncated: true, NextPartNumberMarker: '1000' },
    });

    expect(await sweep.run(NOW_MS, none)).toStrictEqual({ abandoned: 0, orphaned: 0 });
    expect(named(sent, 'AbortMultipartUpload')).toStrictEqual([]);
  });

  it('aborts one that had its last part more than a week ago', async () => {
    const { sweep } = await setUp({
      ListMultipartUploads: () => ({ Uploads: [begun] }),
      ListParts: () => ({ Parts: [{ LastModified: ago(DEAD_AFTER_MS) }] }),
    });

    expect(await sweep.run(NOW_MS, none)).toStrictEqual({ abandoned: 1, orphaned: 0 });
  });

  it('does without the list of uploads where a server has none', async () => {
    const { sweep } = await setUp({
      ListMultipartUploads: () => {
        throw Object.assign(new Error('not here'), { name: 'NotImplemented', $metadata: { httpStatusCode: 501 } });
      },
    });

    expect(await sweep.run(NOW_MS, none)).toStrictEqual({ abandoned: 0, orphaned: 0 });
  });

  it('fails without the properties of an error that the SDK made', async () => {
    const { sweep } = await setUp({
      ListMultipartUploads: () => {
        throw Object.assign(new Error('Signature'), { name: 'SignatureDoesNotMatch', StringToSign: 'AWS4 secret' });
      },
    });

    const failure = await sweep.run(NOW_MS, none).catch((error: unknown) => error as Error);

    expect(failure).toMatchObject({ message: 'S3: listing uploads in parts failed: SignatureDoesNotMatch, Signature' });
    expect(JSON.stringify({ ...(failure as Error) })).not.toContain('AWS4');
    expect(failure).not.toHaveProperty('cause');
  });

  it.each([
    ['leaves an object that nobody names', true, 0],
    ['removes it', false, 1],
  ])('%s while its client may still ask for the upload: %s', async (_what, isDescribed, orphaned) => {
    const Contents = [{ Key: 'p/2026-01-04/file_0001', LastModified: ago(24 * HOUR_MS) }];
    const { sweep, sent } = await setUp({
      ListObjectsV2: () => ({ Contents }),
      HeadObject: (input) =>
        isDescribed && input['Key'] === 'p/partial/file_0001.json' ? { ContentLength: 100 } : headObject(input),
    });

    expect(await sweep.run(NOW_MS, none)).toStrictEqual({ abandoned: 0, orphaned });

    expect(named(sent, 'DeleteObject')).toHaveLength(orphaned);
  });

  it('reads a bounded number of lists, and goes on after them the next time', async () => {
    const pages = SWEPT_PAGES + 3;
    let listed = 0;
    const { sweep, sent } = await setUp({
      ListObjectsV2: () => {
        listed += 1;
        const Key = `p/2026-01-04/file_${String(listed).padStart(4, '0')}`;
        return { Contents: [{ Key, LastModified: ago(2 * HOUR_MS) }], IsTruncated: listed < pages };
      },
      HeadObject: headObject,
    });

    expect(await sweep.run(NOW_MS, none)).toStrictEqual({ abandoned: 0, orphaned: SWEPT_PAGES });
    expect(await sweep.run(NOW_MS, none)).toStrictEqual({ abandoned: 0, orphaned: 3 });

    const starts = named(sent, 'ListObjectsV2').map(({ input }) => input['StartAfter']);
    expect(starts[0]).toBe('p/2025-12-27');
    expect(starts[SWEPT_PAGES]).toBe(`p/2026-01-04/file_00${String(SWEPT_PAGES)}`);
  });
});
