// The yardstick: busboy alone, each file piped into a new file of the folder that is named. No fsync, no hash, no checks.
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import busboy from 'busboy';
import { serve } from '../../lib/serve.mjs';

const [folder] = process.argv.slice(2);
let files = 0;

serve(
  createServer((request, response) => {
    const parts = busboy({ headers: request.headers });
    parts.on('file', (_name, file) => {
      const target = createWriteStream(join(folder, String((files += 1))));
      target.once('close', () => {
        response.setHeader('content-type', 'application/json');
        response.end('{"success":true}');
      });
      file.pipe(target);
    });
    request.pipe(parts);
  }),
);
