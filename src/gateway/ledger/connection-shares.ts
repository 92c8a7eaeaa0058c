/** What a process says of the users of one token. */
export interface ConnectionUse {
  /** See `limitKeyOf`. */
  readonly limitKey: string;
  /** Users that the token's clients may have together, as the process knows it; 0: any number. */
  readonly max: number;
  /** Users that it has now. */
  readonly used: number;
  /** Users were turned away since it said so last. */
  readonly isHungry: boolean;
  /** Whether it has proxies of the token. */
  readonly isServing: boolean;
}

/** How many users of a token a process may have. */
export interface ConnectionShare {
  readonly member: number;
  readonly share: number;
}

/** No process knows of a maximum any more. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

interface Holder {
  max: number;
  used: number;
  share: number;
  isHungry: boolean;
  isServing: boolean;
}

/**
 * Deals out the users that a token may have among the processes that serve it, so that each can admit a user without asking. The sum
 * never exceeds the maximum: what is taken from one goes to another only when the first has said that it keeps to it.
 */
export class ConnectionShares {
  private readonly tokens = new Map<string, Map<number, Holder>>();

  /** Tokens that are dealt out. */
  get count(): number {
    return this.tokens.size;
  }

  /** The process has a proxy of the token now. @returns whether it is to be dealt to */
  join(member: number, limitKey: string, max: number): boolean {
    if (max <= 0) return false;
    const holders = this.tokens.get(limitKey) ?? new Map<number, Holder>();
    this.tokens.set(limitKey, holders);
    const present = holders.get(member);
    if (present === undefined) holders.set(member, { max, used: 0, share: 0, isHungry: false, isServing: true });
    else Object.assign(present, { max, isServing: true });
    return present === undefined;
  }

  /** Takes over what a process says. @returns tokens that are to be dealt out anew */
  note(member: number, uses: readonly ConnectionUse[]): readonly string[] {
    const changed: string[] = [];
    for (const { limitKey, ...use } of uses) {
      // A token that had no maximum when its proxies were opened may have one now.
      const isNew = use.isServing && this.join(member, limitKey, use.max);
      const holders = this.tokens.get(limitKey);
      const holder = holders?.get(member);
      if (holders === undefined || holder === undefined) continue;
      Object.assign(holder, use, { isHungry: use.isHungry || isNew });
      if (this.needsDeal(holders)) changed.push(limitKey);
    }
    return changed;
  }

  /** Who has to give up something first; to be told, and {@link shrunk} when they have. */
  shrinksOf(limitKey: string): readonly ConnectionShare[] {
    const targets = this.targetsOf(limitKey);
    return [...targets].flatMap(([member, share]) => {
      const holder = this.tokens.get(limitKey)?.get(member);
      const isLess = holder !== undefined && (share < holder.share || (!holder.isServing && holder.used === 0));
      return isLess ? [{ member, share }] : [];
    });
  }

  /** The process keeps to a share from now on, and has so many users still. */
  shrunk(limitKey: string, member: number, share: number, used: number): void {
    const holders = this.tokens.get(limitKey);
    const holder = holders?.get(member);
    if (holders === undefined || holder === undefined) return;
    holder.share = share;
    holder.used = used;
    if (holder.isServing || used > 0 || share > 0) return;
    holders.delete(member);
    if (holders.size === 0) this.tokens.delete(limitKey);
  }

  /** Gives out what is free. @returns to be told; it counts as given */
  grow(limitKey: string): readonly ConnectionShare[] {
    const holders = this.tokens.get(limitKey);
    if (holders === undefined) return [];
    const max = maxOf(holders);
    if (max === UNLIMITED) return [];
    let free = max - sum(holders, heldBy);
    const grown: ConnectionShare[] = [];
    for (const [member, target] of this.targetsOf(limitKey)) {
      const holder = holders.get(member);
      if (holder === undefined) continue;
      const held = heldBy(holder);
      const share = Math.min(target, held + Math.max(0, free));
      holder.isHungry = false;
      if (share <= holder.share) continue;
      free -= Math.max(share, holder.used) - held;
      holder.share = share;
      grown.push({ member, share });
    }
    return grown;
  }

  /** @returns tokens that are to be dealt out anew */
  dropMember(member: number): readonly string[] {
    const changed: string[] = [];
    for (const [limitKey, holders] of this.tokens) {
      if (!holders.delete(member)) continue;
      if (holders.size === 0) this.tokens.delete(limitKey);
      else changed.push(limitKey);
    }
    return changed;
  }

  private needsDeal(holders: ReadonlyMap<number, Holder>): boolean {
    const all = [...holders.values()];
    // Whoever has done with the token gives its share back, also when nobody knows of a maximum any more.
    if (all.some((holder) => !holder.isServing && holder.used === 0)) return true;
    const max = maxOf(holders);
    if (max === UNLIMITED) return false;
    const held = sum(holders, heldBy);
    if (held > max || sum(holders, ({ share }) => share) < max) return true;
    return all.some((holder) => holder.isHungry);
  }

  /** What each has, and an equal part of what nobody uses; where there is too little, each less in proportion. */
  private targetsOf(limitKey: string): ReadonlyMap<number, number> {
    const holders = this.tokens.get(limitKey) ?? new Map<number, Holder>();
    const max = maxOf(holders);
    const used = sum(holders, (holder) => holder.used);
    const serving = [...holders.values()].filter(({ isServing }) => isServing).length;
    let spare = Math.max(0, max - used);
    let parts = serving;
    const targets = new Map<number, number>();
    // Those who need it take what can't be divided.
    const inTurn = [...holders].sort(([, one], [, other]) => Number(other.isHungry) - Number(one.isHungry));
    for (const [member, holder] of inTurn) {
      const own = used > max ? Math.floor((holder.used * max) / used) : holder.used;
      const part = holder.isServing ? Math.ceil(spare / parts) : 0;
      if (holder.isServing) {
        spare -= part;
        parts -= 1;
      }
      targets.set(member, own + part);
    }
    return targets;
  }
}

/** One may have heard of a lower maximum before the others. */
function maxOf(holders: ReadonlyMap<number, Holder>): number {
  let max = UNLIMITED;
  for (const holder of holders.values()) if (holder.max > 0) max = Math.min(max, holder.max);
  return max;
}

/** Users that it has or may admit: it may have more than its share where that has become less. */
function heldBy({ share, used }: Holder): number {
  return Math.max(share, used);
}

function sum(holders: ReadonlyMap<number, Holder>, of: (holder: Holder) => number): number {
  let total = 0;
  for (const holder of holders.values()) total += of(holder);
  return total;
}
