import { record, streamPair } from '@tollgate/testing';
import type { ByteReader } from './byte-stream';

function reader(parts: Partial<ByteReader>): ByteReader {
  const nothing = (): void => undefined;
  return { onData: nothing, onEnd: nothing, onDrain: nothing, onClose: nothing, ...parts };
}

describe('what a stream hands to its reader', () => {
  it('goes on to the next reader in order, what was put back first', () => {
    const [far, near] = streamPair({ delivery: 'manual' });
    const events: string[] = [];
    const second = reader({ onData: (chunk) => events.push(`second ${chunk.toString()}`) });
    near.attach(
      reader({
        onData: (chunk) => {
          events.push(`first ${chunk.toString()}`);
          near.unshift(Buffer.from('put back'));
          near.attach(second);
          events.push('attached');
        },
      }),
    );
    far.write(Buffer.from('one'));
    far.write(Buffer.from('two'));
    far.pump();
    expect(events).toEqual(['first one', 'second put back', 'attached', 'second two']);
  });

  it('waits while it is paused, the end included', () => {
    const [far, near] = streamPair({ delivery: 'manual' });
    const recording = record(near);
    near.pause();
    far.write(Buffer.from('later'));
    far.end();
    far.pump();
    expect(recording.events).toEqual([]);
    near.resume();
    expect(recording.events).toEqual(['data', 'end']);
  });

  it('is not handed out from within itself when the reader pauses and resumes', () => {
    const [far, near] = streamPair({ delivery: 'manual' });
    let depth = 0;
    let deepest = 0;
    near.attach(
      reader({
        onData: () => {
          deepest = Math.max(deepest, ++depth);
          near.pause();
          near.resume();
          depth--;
        },
      }),
    );
    near.pause();
    for (let index = 0; index < 10; index++) far.write(Buffer.from('x'));
    far.pump();
    near.resume();
    expect(deepest).toBe(1);
    expect(near.isClosed).toBe(false);
  });

  it('is dropped, and nothing told but the close, once the reader has destroyed the stream', () => {
    const [far, near] = streamPair({ delivery: 'manual' });
    const events: string[] = [];
    near.attach(
      reader({
        onData: (chunk) => {
          events.push(chunk.toString());
          near.destroy();
        },
        onEnd: () => events.push('end'),
        onClose: () => events.push('close'),
      }),
    );
    near.pause();
    far.write(Buffer.from('one'));
    far.write(Buffer.from('two'));
    far.end();
    far.pump();
    near.resume();
    expect(events).toEqual(['one']);
    far.pump();
    expect(events).toEqual(['one', 'close']);
  });

  it('is what came before a close without an error, and not what came before one with an error', () => {
    for (const isCut of [false, true]) {
      const [far, near] = streamPair({ delivery: 'manual' });
      const recording = record(near);
      near.pause();
      far.write(Buffer.from('x'));
      far.pump();
      near.end();
      far.pump();
      if (isCut) far.destroy();
      else far.end();
      far.pump();
      near.resume();
      far.pump();
      expect(recording.events).toEqual(isCut ? ['close'] : ['data', 'end', 'close']);
    }
  });

  it('reaches a reader that comes after the end', () => {
    const [far, near] = streamPair({ delivery: 'manual' });
    far.write(Buffer.from('x'));
    far.end();
    far.pump();
    expect(record(near).events).toEqual(['data', 'end']);
    expect(record(near).events).toEqual(['end']);
  });
});
