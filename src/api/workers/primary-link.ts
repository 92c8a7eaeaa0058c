import { Link, openPrimaryChannel } from '@tollgate/workers';
import type { ApiLink } from './api-link';

let link: ApiLink | undefined;

/** The way to the primary; `undefined` in a process that is no worker. */
export function primaryLink(): ApiLink | undefined {
  if (link !== undefined) return link;
  const channel = openPrimaryChannel();
  if (channel !== undefined) link = new Link(channel);
  return link;
}
