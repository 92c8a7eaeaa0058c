import { Duplex } from 'node:stream';
import { record } from '@tollgate/testing';
import { SocketStream } from './socket-stream';
import { TurnFlusher } from './turn-flusher';

/** A stream of Node's that is no socket, as a WebSocket's: sends back what it gets. */
function echo(): Duplex {
  return new Duplex({
    read: () => undefined,
    write(chunk, _encoding, done) {
      this.push(chunk);
      done();
    },
    final(done) {
      this.push(null);
      done();
    },
  });
}

describe('a stream over a Node stream that is no socket', () => {
  it('writes, hands over what comes back, and ends', async () => {
    const stream = new SocketStream(echo(), { flusher: new TurnFlusher() });
    const reader = record(stream);
    stream.write(Buffer.from('hello '));
    stream.write(Buffer.from('there'));
    stream.end();
    await reader.told('end');
    expect(reader.bytes.toString()).toBe('hello there');
  });

  it('is told of a failure once', async () => {
    const duplex = echo();
    const stream = new SocketStream(duplex, { flusher: new TurnFlusher() });
    const reader = record(stream);
    duplex.destroy(new Error('broken'));
    await reader.told('close');
    expect(reader.events).toEqual(['close']);
    expect(reader.error?.message).toBe('broken');
  });
});
