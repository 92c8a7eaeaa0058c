import { Link, openPrimaryChannel } from '@tollgate/workers';
import type { News, Questions } from './messages';

/** Between a worker of the gateway and its primary. */
export type GatewayLink = Link<Questions, News>;

let link: GatewayLink | undefined;

/** The way to the primary; `undefined` in a process that is no worker. */
export function primaryLink(): GatewayLink | undefined {
  if (link !== undefined) return link;
  const channel = openPrimaryChannel();
  if (channel !== undefined) link = new Link(channel);
  return link;
}
