import { RunningUploads } from './running-uploads';

describe('the uploads that run', () => {
  it('are at most so many, and the next one is told when to come again', () => {
    const running = new RunningUploads(2);
    const first = running.begin();
    running.begin();
    expect(() => running.begin()).toThrow(
      expect.objectContaining({ uploadCode: 'TOO_MANY_UPLOADS', retryAfterSeconds: 5 }) as Error,
    );
    first.end();
    first.end();
    expect(running.count).toBe(1);
    running.begin();
    expect(() => running.begin()).toThrow();
  });

  it('are waited for until the last one has ended', async () => {
    const running = new RunningUploads(2);
    await running.settled();
    const uploads = [running.begin(), running.begin()];
    let isSettled = false;
    const settled = running.settled().then(() => (isSettled = true));
    uploads[0]?.end();
    await Promise.resolve();
    expect(isSettled).toBe(false);
    uploads[1]?.end();
    await settled;
  });
});
