import { LoginKeyCheck, loginKey } from '@tollgate/frp-wire';
import type { LoginKeyScan } from './login-key-scan';
import { type BlockWords, FILTER_SIZE, filterPlace, findFirstWord } from './md5-block';
import type { TokenSegment } from './token-segment';

/** Tokens that are tried in one step: some hundredths of a millisecond. Segments' sizes are not multiples of it, but ends of them end a step. */
const STEP_TOKENS = 256;
const KEY = /^[0-9a-f]{32}$/i;

/** Who looks for a token. */
export interface KeySearch {
  /** As the client shows it, in hex. */
  readonly key: string;
  /** @param token that made the key; `undefined` when none did */
  done(token: string | undefined): void;
}

interface Seeker {
  readonly search: KeySearch;
  readonly check: LoginKeyCheck;
  readonly firstWord: number;
  readonly joinedAt: string;
}

/**
 * Walks round all tokens for those who say the same timestamp, a step at a time: `md5(token || timestamp)` is all that a client
 * shows (frp `pkg/util/util/util.go`, GetAuthKey), so that every token must be tried, but the digest of a token serves all of them.
 * Who comes while it walks goes along, until the place where it joined is reached again.
 */
export class LoginKeyPass {
  private readonly timestampText: string;
  private readonly suffixes = new Map<number, BlockWords | undefined>();
  private readonly filter = new Uint16Array(FILTER_SIZE);
  private readonly byFirstWord = new Map<number, Set<Seeker>>();
  private readonly byPlace = new Map<string, Set<Seeker>>();
  private segment = 0;
  private slot = 0;
  private count = 0;
  private hasComeRound = false;

  /** @param timestamp in seconds, as the clients say it */
  constructor(
    private readonly scan: LoginKeyScan,
    readonly timestamp: number,
  ) {
    this.timestampText = String(timestamp);
  }

  /** Whether nobody looks for a token any more. */
  get isOver(): boolean {
    return this.count === 0;
  }

  /** Whether somebody may join: in the first round only, so that those with another timestamp have their turn. */
  get takesMore(): boolean {
    return !this.hasComeRound;
  }

  /** A key that is none is told so at once. */
  join(search: KeySearch): void {
    if (!KEY.test(search.key) || this.scan.segments.length === 0) {
      search.done(undefined);
      return;
    }
    const seeker: Seeker = {
      search,
      check: new LoginKeyCheck(search.key, this.timestamp),
      firstWord: firstWordOf(search.key),
      joinedAt: this.place(),
    };
    addTo(this.byFirstWord, seeker.firstWord, seeker);
    addTo(this.byPlace, seeker.joinedAt, seeker);
    this.countIn(seeker.firstWord, 1);
    this.count += 1;
  }

  /** Tries some more tokens. One that is deleted meanwhile may be found nevertheless: ask again whether it is there. */
  step(): void {
    const segment = this.scan.segments[this.segment];
    if (segment === undefined) return;
    const to = Math.min(this.slot + STEP_TOKENS, segment.used);
    this.tryTokens(segment, this.slot, to);
    this.slot = to;
    if (to === segment.used) {
      this.slot = 0;
      this.segment += 1;
      if (this.segment === this.scan.segments.length) {
        this.segment = 0;
        this.hasComeRound = true;
      }
    }
    for (const seeker of [...(this.byPlace.get(this.place()) ?? [])]) this.settle(seeker, undefined);
  }

  private tryTokens(segment: TokenSegment, from: number, to: number): void {
    const suffix = this.suffixOf(segment);
    for (let slot = from; slot < to; slot += 1) {
      if (suffix !== undefined) slot = findFirstWord(segment.words, slot, to, suffix, this.filter);
      const token = slot < to ? segment.at(slot) : undefined;
      if (token !== undefined) this.tryToken(token);
    }
  }

  private tryToken(token: string): void {
    const seekers = this.byFirstWord.get(firstWordOf(loginKey(token, this.timestamp)));
    if (seekers === undefined) return;
    for (const seeker of [...seekers]) if (seeker.check.matches(token)) this.settle(seeker, token);
  }

  private settle(seeker: Seeker, token: string | undefined): void {
    removeFrom(this.byFirstWord, seeker.firstWord, seeker);
    removeFrom(this.byPlace, seeker.joinedAt, seeker);
    this.countIn(seeker.firstWord, -1);
    this.count -= 1;
    seeker.search.done(token);
  }

  private countIn(firstWord: number, by: 1 | -1): void {
    const place = filterPlace(firstWord);
    this.filter[place] = (this.filter[place] ?? 0) + by;
  }

  private suffixOf(segment: TokenSegment): BlockWords | undefined {
    const { tokenBytes } = segment;
    if (!this.suffixes.has(tokenBytes)) this.suffixes.set(tokenBytes, segment.suffixFor(this.timestampText));
    return this.suffixes.get(tokenBytes);
  }

  private place(): string {
    return `${String(this.segment)}:${String(this.slot)}`;
  }
}

function firstWordOf(key: string): number {
  return Buffer.from(key, 'hex').readInt32LE(0);
}

function addTo<K>(map: Map<K, Set<Seeker>>, key: K, seeker: Seeker): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([seeker]));
  else set.add(seeker);
}

function removeFrom<K>(map: Map<K, Set<Seeker>>, key: K, seeker: Seeker): void {
  const set = map.get(key);
  set?.delete(seeker);
  if (set?.size === 0) map.delete(key);
}
