import { Blocks } from './blocks';

const MAX_BLOCKS_PER_TOKEN = 1_000;
const MAX_TOKENS = 10_000;

describe('Blocks', () => {
  let nowMs: number;
  let blocks: Blocks;
  beforeEach(() => {
    nowMs = 0;
    blocks = new Blocks(() => nowMs);
  });

  const client = (runId: string, tokenId = 'tt_1') => ({ tokenId, runId });

  it('keeps a client away until its seconds are over', () => {
    blocks.block(client('run'), 5);
    nowMs = 4_999;
    expect([blocks.isBlocked(client('run')), blocks.isBlocked(client('other'))]).toEqual([true, false]);
    nowMs = 5_000;
    expect(blocks.isBlocked(client('run'))).toBe(false);
  });

  it('takes the last word on a client, be it shorter', () => {
    blocks.block(client('run'), 60);
    blocks.block(client('run'), 1);
    nowMs = 1_000;
    expect(blocks.isBlocked(client('run'))).toBe(false);
  });

  it('tells tokens, clients and proxies apart, whatever clients call themselves', () => {
    blocks.block({ tokenId: 'tt_1', runId: 'tt_2' }, 60);
    blocks.block({ tokenId: 'tt_1', runId: 'tt_1/web' }, 60);
    expect(blocks.isBlocked({ tokenId: 'tt_2' })).toBe(false);
    expect(blocks.isBlocked({ tokenId: 'tt_1' })).toBe(false);
    expect(blocks.isBlocked({ tokenId: 'tt_1', proxy: 'web' })).toBe(false);
    expect(blocks.isBlocked({ tokenId: 'tt_3', runId: 'tt_2' })).toBe(false);
    expect(blocks.isBlocked({ tokenId: 'tt_1', runId: 'tt_2' })).toBe(true);
  });

  it('keeps as many of a token as it may, and for one more lets go what would end first', () => {
    blocks.block({ tokenId: 'tt_1' }, 3_600);
    for (let count = 1; count < MAX_BLOCKS_PER_TOKEN; count += 1) blocks.block(client(String(count)), 60 + count);
    expect(blocks.isBlocked(client('1'))).toBe(true);
    blocks.block(client('one more'), 1);
    expect(blocks.isBlocked({ tokenId: 'tt_1' })).toBe(true);
    expect(blocks.isBlocked(client('1'))).toBe(false);
    expect(blocks.isBlocked(client('2'))).toBe(true);
    expect(blocks.isBlocked(client('one more'))).toBe(true);
  });

  it('is not emptied by the kicks of one tenant', () => {
    blocks.block({ tokenId: 'tt_bad' }, 3_600);
    for (let count = 0; count < 2 * MAX_TOKENS; count += 1) blocks.block(client(String(count)), 86_400);
    expect(blocks.isBlocked({ tokenId: 'tt_bad' })).toBe(true);
  });

  it('keeps as many tokens as it may, and for one more forgets the first to be named', () => {
    for (let count = 0; count < MAX_TOKENS; count += 1) blocks.block({ tokenId: String(count) }, 60);
    expect(blocks.isBlocked({ tokenId: '0' })).toBe(true);
    blocks.block({ tokenId: 'one more' }, 60);
    expect([blocks.isBlocked({ tokenId: '0' }), blocks.isBlocked({ tokenId: '1' })]).toEqual([false, true]);
    expect(blocks.isBlocked({ tokenId: 'one more' })).toBe(true);
  });
});
