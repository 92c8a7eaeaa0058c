/** Ids left out, from `first` to `last`, both included. */
interface Gap {
  first: number;
  last: number;
}

/** More gaps than a genuine peer can have: it has 256 streams without ACK at most. */
const MAX_GAPS = 256;

/**
 * Which ids the peer has used. They need not come in order: frpc takes the ids one after the other, but opens the streams from several
 * goroutines, so a later id may overtake an earlier one. What is remembered are the gaps, the latest 256 of them.
 */
export class RemoteStreamIds {
  private highest = -1;
  private readonly gaps: Gap[] = [];

  /** @returns whether `id`, an odd number, has not been used before; it has from now on */
  use(id: number): boolean {
    if (id <= this.highest) return this.useFromGap(id);
    if (id > this.highest + 2) this.addGap({ first: this.highest + 2, last: id - 2 });
    this.highest = id;
    return true;
  }

  private useFromGap(id: number): boolean {
    const index = this.gaps.findIndex(({ first, last }) => first <= id && id <= last);
    const gap = this.gaps[index];
    if (gap === undefined) return false;
    const { first, last } = gap;
    if (first === last) this.gaps.splice(index, 1);
    else if (id === first) gap.first = id + 2;
    else gap.last = id - 2;
    if (first < id && id < last) this.addGap({ first: id + 2, last });
    return true;
  }

  private addGap(gap: Gap): void {
    this.gaps.push(gap);
    if (this.gaps.length > MAX_GAPS) this.gaps.shift();
  }
}
