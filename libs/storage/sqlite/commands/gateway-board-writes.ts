import type { Database } from 'better-sqlite3';
import type { WriteHandlers } from './command';
import type { GatewayBoardWriteVerbs } from './gateway-board-command';

export function gatewayBoardWrites(db: Database): WriteHandlers<keyof GatewayBoardWriteVerbs> {
  const show = db.prepare<[string, string, number]>(
    'INSERT INTO gateway_texts (name, body, until_ms) VALUES (?, ?, ?) ' +
      'ON CONFLICT (name) DO UPDATE SET body = excluded.body, until_ms = excluded.until_ms',
  );
  const forgetShown = db.prepare<[number]>('DELETE FROM gateway_texts WHERE until_ms <= ?');
  const hide = db.prepare<[string]>('DELETE FROM gateway_texts WHERE name = ?');
  const tell = db.prepare<[string, number]>('INSERT INTO gateway_commands (body, at_ms) VALUES (?, ?)');
  const forgetTold = db.prepare<[number]>('DELETE FROM gateway_commands WHERE at_ms < ?');

  return {
    'gatewayBoard.show': ({ name, body, nowMs, untilMs }) => {
      forgetShown.run(nowMs);
      show.run(name, body, untilMs);
      return null;
    },
    'gatewayBoard.hide': ({ name }) => {
      hide.run(name);
      return null;
    },
    'gatewayBoard.tell': ({ body, nowMs, forgetBeforeMs }) => {
      forgetTold.run(forgetBeforeMs);
      tell.run(body, nowMs);
      return null;
    },
  };
}
