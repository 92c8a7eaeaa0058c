// Creates a token, then lists the tokens that work. Node 18 or newer, no packages.
// The environment holds TOLLGATE_URL, TOLLGATE_ACCESS_KEY and TOLLGATE_SECRET_KEY.
import { createHmac, randomInt } from 'node:crypto';

const { TOLLGATE_URL, TOLLGATE_ACCESS_KEY, TOLLGATE_SECRET_KEY } = process.env;

/** uri: path with query, exactly as it goes over the wire. */
async function request(method, uri, payload) {
  // Serialised once: what is signed and what is sent are the same bytes.
  const body = payload === undefined ? '' : JSON.stringify(payload);
  // A signature that changes something is accepted once, and milliseconds may repeat: six random digits more.
  const digits = String(randomInt(1_000_000)).padStart(6, '0');
  const date = new Date().toISOString().replace('Z', `${digits}Z`);
  const signature = createHmac('sha256', TOLLGATE_SECRET_KEY)
    .update(`${method}\n${uri}\n${date}\n${body}`)
    .digest('base64');
  const response = await fetch(TOLLGATE_URL + uri, {
    method,
    headers: {
      Authorization: `QINIU ${TOLLGATE_ACCESS_KEY}:${signature}`,
      'X-Qiniu-Date': date,
      'Content-Type': 'application/json',
    },
    body: body || undefined,
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

const created = await request('POST', '/api/v2/tokens', {
  description: 'made by sign.mjs ✓',
  scope: ['storage:read'],
  expires_in_seconds: 3600,
});
console.log(JSON.stringify(created));
console.log(JSON.stringify(await request('GET', '/api/v2/tokens?active_only=true&limit=10')));
