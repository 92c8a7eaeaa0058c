import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, '../fixtures/frp-captures');
const YAMUX_HEADER_BYTES = 12;

type Direction = 'c2s' | 's2c';

/** What passed on one logical stream: `conn1`, or `conn1/stream3` within a yamux session. */
export interface CapturedStream {
  readonly name: string;
  readonly c2s: Buffer;
  readonly s2c: Buffer;
}

/** A message as `decoded.txt` tells it. */
export interface ToldMessage {
  readonly stream: string;
  readonly direction: Direction;
  /** By its name in Go. */
  readonly name: string;
  /** As it was on the wire. */
  readonly json: string;
}

/** An exchange of a real frpc with a real frps. */
export interface FrpCapture {
  /** The server's. */
  readonly token: string;
  readonly streams: readonly CapturedStream[];
  readonly messages: readonly ToldMessage[];
}

export const CAPTURES = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

export function readCapture(name: string): FrpCapture {
  const read = (file: string) => readFileSync(join(FOLDER, name, file), 'utf8');
  const { token } = JSON.parse(read('meta.json')) as { token: string };
  return { token, streams: streamsOf(read('wire.jsonl')), messages: messagesOf(read('decoded.txt')) };
}

interface WireEvent {
  readonly conn: number;
  readonly ev: string;
  readonly dir?: Direction;
  readonly hex?: string;
}

type Directions = Record<Direction, Buffer[]>;

function streamsOf(jsonl: string): CapturedStream[] {
  const connections = new Map<string, Directions>();
  for (const line of jsonl.split('\n').filter((each) => each !== '')) {
    const { conn, ev, dir, hex } = JSON.parse(line) as WireEvent;
    if (ev === 'data' && dir && hex) add(connections, `conn${String(conn)}`, dir, Buffer.from(hex, 'hex'));
  }
  return [...connections].flatMap(([name, { c2s, s2c }]) => {
    const connection = { name, c2s: Buffer.concat(c2s), s2c: Buffer.concat(s2c) };
    // Nothing but yamux begins with a zero.
    return connection.c2s[0] === 0 ? yamuxStreams(connection) : [connection];
  });
}

function add(streams: Map<string, Directions>, name: string, direction: Direction, bytes: Buffer): void {
  const stream = streams.get(name) ?? { c2s: [], s2c: [] };
  stream[direction].push(bytes);
  streams.set(name, stream);
}

/** The payload of every stream, without a look at anything else that yamux does. */
function yamuxStreams(connection: CapturedStream): CapturedStream[] {
  const streams = new Map<string, Directions>();
  for (const direction of ['c2s', 's2c'] as const) {
    const bytes = connection[direction];
    for (let offset = 0; offset < bytes.length;) {
      const isData = bytes[offset + 1] === 0;
      const id = bytes.readUInt32BE(offset + 4);
      const end = offset + YAMUX_HEADER_BYTES + (isData ? bytes.readUInt32BE(offset + 8) : 0);
      if (isData) {
        const name = `${connection.name}/stream${String(id)}`;
        add(streams, name, direction, bytes.subarray(offset + YAMUX_HEADER_BYTES, end));
      }
      offset = end;
    }
  }
  return [...streams].map(([name, { c2s, s2c }]) => ({ name, c2s: Buffer.concat(c2s), s2c: Buffer.concat(s2c) }));
}

function messagesOf(decoded: string): ToldMessage[] {
  const line = /^ +[\d.]+ (frpc|frps)->frp[cs] \[([^\]]+)\] (?:\(encrypted\) )?([A-Z]\w+) (\{.*\})$/gmu;
  return [...decoded.matchAll(line)].map(([, from, stream = '', name = '', json = '']) => ({
    stream,
    direction: from === 'frpc' ? 'c2s' : 's2c',
    name,
    json,
  }));
}
