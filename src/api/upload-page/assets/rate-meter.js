const WINDOW_MS = 3_000;

/** The rate of the last seconds. */
export class RateMeter {
  /** @type {{ atMs: number, bytes: number }[]} */
  #samples = [];

  /**
   * @param {number} atMs
   * @param {number} bytes all so far
   * @returns {number} bytes a second; 0 until it can be told
   */
  add(atMs, bytes) {
    this.#samples.push({ atMs, bytes });
    // The oldest kept lies at or before the window's beginning, so that a slow sender has a rate too.
    while ((this.#samples[1]?.atMs ?? Infinity) <= atMs - WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0];
    return first === undefined || first.atMs === atMs ? 0 : ((bytes - first.bytes) * 1_000) / (atMs - first.atMs);
  }
}
