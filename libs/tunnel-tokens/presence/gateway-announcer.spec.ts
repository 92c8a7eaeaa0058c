import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GatewayBoard, PresentClient } from '@tollgate/domain';
import { recordingLog } from '@tollgate/testing';
import { SLICE_STEPS } from '../work-slices';
import { GatewayAnnouncer } from './gateway-announcer';

function* manyClients(count: number): Generator<PresentClient, void> {
  for (let index = 0; index < count; index += 1) {
    yield {
      tokenId: 'tt_1',
      runId: `run${String(index)}`,
      clientAddress: '192.0.2.1',
      version: '0.70.1',
      gatewayId: 'g',
      sinceMs: 0,
      proxies: [],
    };
  }
}

describe('GatewayAnnouncer', () => {
  it('shows all of many clients, and lets others have their turn meanwhile', async () => {
    const count = 10 * SLICE_STEPS;
    const texts = new Map<string, string>();
    let turnsBefore: number | undefined;
    let turns = 0;
    const board: Partial<GatewayBoard> = {
      listen: () => Promise.resolve(() => Promise.resolve()),
      show: (name, text) => {
        turnsBefore ??= turns;
        texts.set(name, text);
        return Promise.resolve();
      },
    };
    const announcer = new GatewayAnnouncer(board as GatewayBoard, {
      gatewayId: 'g',
      listClients: () => manyClients(count),
      onCommand: () => undefined,
      log: recordingLog().log,
    });
    announcer.tick(0);
    const progress = { isOver: false };
    const settled = announcer.settled().then(() => {
      progress.isOver = true;
    });
    while (!progress.isOver) {
      await nextTurn();
      turns += 1;
    }
    await settled;
    const shown = [...texts.values()].flatMap((text) => JSON.parse(text) as PresentClient[]);
    expect(new Set(shown.map(({ runId }) => runId)).size).toBe(count);
    expect(turnsBefore).toBeGreaterThanOrEqual(9);
  });
});
