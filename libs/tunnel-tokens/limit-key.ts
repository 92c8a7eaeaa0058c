import { isTunnelTokenId, type TunnelToken } from './tunnel-token';

/**
 * What the limits of a token are counted by, its month as well as its clients, ports and users: the same for a token and all that
 * rotations have put in its place, so that two that work side by side have together what one has. It is in the token's own document,
 * hence stays when the tokens before it are deleted. A predecessor that is no id, as somebody may write it by hand, is none.
 */
export function limitKeyOf({ id, supersedes, rootId }: Pick<TunnelToken, 'id' | 'supersedes' | 'rootId'>): string {
  if (rootId !== undefined) return rootId;
  return isTunnelTokenId(supersedes) ? supersedes : id;
}
