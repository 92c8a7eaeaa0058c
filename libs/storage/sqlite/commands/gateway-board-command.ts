/** Every write of the gateways' board; see `WriteVerbs`. */
export interface GatewayBoardWriteVerbs {
  'gatewayBoard.show': { input: { name: string; body: string; nowMs: number; untilMs: number }; result: null };
  'gatewayBoard.hide': { input: { name: string }; result: null };
  /** Forgets those that were told before `forgetBeforeMs`. */
  'gatewayBoard.tell': { input: { body: string; nowMs: number; forgetBeforeMs: number }; result: null };
}
