// A small seeded generator (mulberry32): what one seed does, it does again.

export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /// 0 to 2^32 - 1.
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /// 0 to limit - 1.
  below(limit) {
    return Math.floor((this.next() / 2 ** 32) * limit);
  }

  /// True this often.
  chance(probability) {
    return this.next() / 2 ** 32 < probability;
  }
}
