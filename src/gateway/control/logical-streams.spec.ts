import { randomBytes } from 'node:crypto';
import { v1Codec } from '@tollgate/frp-wire';
import { type PairedStream, type RecordingReader, record, streamPair } from '@tollgate/testing';
import { ProxyHarness } from '../../../test/support/proxy-harness';
import { GatewayConnection } from '../listener/client-transports';
import { LogicalStreams, type StreamRoles } from './logical-streams';

const MAX_STRANGER_STREAMS = 4;
const MAX_OPENINGS = 1_024;
const OPENING_MS = 10_000;

class Connection extends GatewayConnection {
  readonly isMultiplexed = true;

  constructor() {
    super(new ProxyHarness().session.identity.connection.peer, () => undefined);
  }

  override end(): void {
    throw new Error('not ended here');
  }

  override destroy(): void {
    throw new Error('not cut here');
  }
}

describe('LogicalStreams', () => {
  let nowMs: number;
  let roles: StreamRoles & { readonly logins: unknown[]; refusal: string | undefined };
  let streams: LogicalStreams;

  beforeEach(() => {
    nowMs = 0;
    const logins: unknown[] = [];
    roles = {
      logins,
      refusal: undefined,
      login: (...args) => logins.push(args),
      workConnection: () => roles.refusal,
    };
    streams = new LogicalStreams({ randomBytes, roles, openingMs: OPENING_MS, nowMs: () => nowMs });
  });

  const open = (connection: GatewayConnection): { peer: PairedStream; heard: RecordingReader } => {
    const [near, peer] = streamPair({ delivery: 'manual' });
    const heard = record(peer);
    streams.accept(near, connection);
    peer.pump();
    return { peer, heard };
  };
  const say = (peer: PairedStream, bytes: Buffer): void => {
    peer.write(bytes);
    for (let turn = 0; turn < 4; turn += 1) peer.pump();
  };
  const isCut = ({ heard }: { heard: RecordingReader }): boolean => heard.events.includes('close');
  const openMany = (connection: GatewayConnection, count: number) =>
    Array.from({ length: count }, () => open(connection));

  it('gives a stranger four streams in all, whatever becomes of them, and a client so many at a time', () => {
    const stranger = new Connection();
    expect(openMany(stranger, MAX_STRANGER_STREAMS + 1).map(isCut)).toEqual([false, false, false, false, true]);
    const another = new Connection();
    for (const { peer } of openMany(another, MAX_STRANGER_STREAMS)) say(peer, Buffer.from('nonsense'));
    expect(isCut(open(another))).toBe(true);
    expect(isCut(open(new Connection()))).toBe(false);
  });

  it('holds none of them against a client that has logged in, nor those of one client against another', () => {
    const client = new Connection();
    client.prove();
    const opened = openMany(client, MAX_OPENINGS);
    expect(opened.filter(isCut)).toEqual([]);
    expect(isCut(open(client))).toBe(true);
    const other = new Connection();
    other.prove();
    expect(isCut(open(other))).toBe(false);
    const [first] = opened;
    if (first !== undefined) say(first.peer, v1Codec.encode({ type: 'newWorkConn', runId: 'run' }));
    expect(isCut(open(client))).toBe(false);
  });

  it('cuts a stream that has not said anything in time, and gives its place to another', () => {
    const client = new Connection();
    client.prove();
    const opened = openMany(client, MAX_OPENINGS);
    nowMs = OPENING_MS;
    streams.tick(nowMs);
    for (const { peer } of opened) peer.pump();
    expect(opened.filter((each) => !isCut(each))).toEqual([]);
    expect(client.openings).toBe(0);
    expect(isCut(open(client))).toBe(false);
  });

  it('tells why a stream is refused, and drops what still comes, until its peer ends it too', () => {
    roles.refusal = 'no such client';
    const { peer, heard } = open(new Connection());
    say(peer, v1Codec.encode({ type: 'newWorkConn', runId: 'run' }));
    expect(heard.bytes.toString()).toContain('no such client');
    expect(heard.events).toEqual(['data', 'end']);
    say(peer, Buffer.alloc(100));
    peer.end();
    for (let turn = 0; turn < 4; turn += 1) peer.pump();
    expect(heard.events).toEqual(['data', 'end', 'close']);
  });
});
