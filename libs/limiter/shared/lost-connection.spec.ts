import { isLostConnection } from './lost-connection';

describe('isLostConnection', () => {
  it.each([
    Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6379'), { code: 'ECONNREFUSED' }),
    Object.assign(new Error('channel closed'), { code: 'ERR_IPC_CHANNEL_CLOSED' }),
    new Error('Connection is closed.'),
    new Error("Stream isn't writeable and enableOfflineQueue options is false"),
    new Error('counters', { cause: Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }) }),
  ])('holds for %s', (error) => {
    expect(isLostConnection(error)).toBe(true);
  });

  it.each([new Error('OOM command not allowed'), new Error('LOADING Redis is loading'), 'ECONNREFUSED', undefined])(
    'does not hold for %s',
    (error) => {
      expect(isLostConnection(error)).toBe(false);
    },
  );
});
