import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import {
  type FileStorage,
  type S3StorageOptions,
  StorageFullError,
  createS3FileStorage,
  createS3PartialUploads,
} from '@tollgate/file-storage';
import { storageIn } from '../support/s3-bucket';
import { describeWithS3 } from '../support/s3-server';

const BUCKET = 'tollgate-bucket';
const SECRET = 'do-not-show-this-secret';
const MORE_THAN_A_PART = Buffer.alloc(9_000_000);

function optionsAt(endpoint: string, bucket = BUCKET, secretAccessKey = SECRET): S3StorageOptions {
  const credentials = { accessKeyId: 'tollgate-test', secretAccessKey };
  return storageIn({ endpoint, region: 'us-east-1', credentials }, bucket);
}

function storageAt(...at: Parameters<typeof optionsAt>): FileStorage {
  return createS3FileStorage(optionsAt(...at));
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as Error,
  );
}

describe('an S3 server that fails', () => {
  let server: Server;
  let requests: string[];
  let answer: (operation: string, response: ServerResponse) => void;

  beforeEach(async () => {
    requests = [];
    server = createServer((request, response) => {
      request.resume().once('end', () => {
        const operation = operationOf(request);
        requests.push(operation);
        if (operation === 'begin') response.end(xml('InitiateMultipartUploadResult', '<UploadId>u</UploadId>'));
        else answer(operation, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const endpoint = (): string => `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

  function failWith(status: number, code: string): void {
    answer = (operation, response) => {
      if (operation === 'abort' || operation === 'delete') response.writeHead(204).end();
      else response.writeHead(status).end(xml('Error', `<Code>${code}</Code><StringToSign>${SECRET}</StringToSign>`));
    };
  }

  it.each([
    [507, 'InsufficientStorage'],
    [400, 'XMinioStorageFull'],
  ])('is full: says so while the upload goes on, and has its parts removed (%d %s)', async (status, code) => {
    failWith(status, code);
    const writer = await storageAt(endpoint()).create('file_x');

    const failure = await failureOf(
      (async () => {
        for (;;) await writer.write(MORE_THAN_A_PART);
      })(),
    );

    expect(failure).toBeInstanceOf(StorageFullError);
    await writer.abort();
    expect(requests.slice(-1)).toStrictEqual(['abort']);
  });

  it('removes an object whose storing it did not acknowledge', async () => {
    failWith(400, 'RequestTimeout');
    const writer = await storageAt(endpoint()).create('file_x');
    await writer.write(Buffer.from('content'));

    await expect(writer.complete()).rejects.toThrow(/^S3: writing an object failed/);

    expect(requests.slice(-1)).toStrictEqual(['delete']);
  });

  it('removes what it began of a resumable upload when it can not describe it', async () => {
    failWith(507, 'InsufficientStorage');

    const creating = createS3PartialUploads(optionsAt(endpoint())).create('file_x', 10, 'a note');

    await expect(creating).rejects.toThrow(StorageFullError);
    expect(requests.slice(0, 2)).toStrictEqual(['begin', 'put']);
    expect(requests.slice(-2)).toStrictEqual(['abort', 'delete']);
  });

  it('shows no secret in any error, however much the server or the SDK says', async () => {
    failWith(403, 'SignatureDoesNotMatch');
    const storage = storageAt(endpoint());
    const writer = await storage.create('file_x');
    await writer.write(Buffer.from('content'));

    const failures = await Promise.all([
      failureOf(writer.complete()),
      failureOf(storage.open()),
      failureOf(storage.read('2026-01-04/file_x')),
      failureOf(storage.sweep(async () => new Set())),
    ]);

    for (const failure of failures) expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain(SECRET);
  });

  it('is not there: says which bucket can not be opened', async () => {
    const address = endpoint();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));

    await expect(storageAt(address).open()).rejects.toThrow(/bucket "tollgate-bucket".*ECONNREFUSED/);
  });
});

describeWithS3('a bucket that can not be used', (s3) => {
  it('is named when it is not there', async () => {
    const { endpoint, credentials } = s3();

    const opening = storageAt(endpoint, 'tollgate-none', credentials.secretAccessKey).open();

    await expect(opening).rejects.toThrow('there is no S3 bucket "tollgate-none"');
  });

  it('is named when the credentials are wrong, and they are not', async () => {
    const bucket = await s3().newBucket();

    const failure = await failureOf(storageAt(s3().endpoint, bucket).open());

    expect(failure.message).toBe(`the S3 bucket "${bucket}" may not be accessed with these credentials`);
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain(SECRET);
  });
});

function operationOf({ method, url = '' }: IncomingMessage): string {
  if (method === 'POST') return url.includes('uploads') ? 'begin' : 'complete';
  if (method === 'DELETE') return url.includes('uploadId=') ? 'abort' : 'delete';
  return method === 'PUT' ? 'put' : 'get';
}

function xml(root: string, inside: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${root}>${inside}</${root}>`;
}
