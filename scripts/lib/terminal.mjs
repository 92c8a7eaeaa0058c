import { closeSync, openSync } from 'node:fs';

/** Whether this process has a controlling terminal, which one that was closed is no more. Windows has none of these. */
export function hasTerminal() {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
