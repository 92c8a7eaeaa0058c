export { FrpClient } from './frp-client';
export { LoginRefusedError } from './log-in';
export type { ProxyOptions } from './options';
