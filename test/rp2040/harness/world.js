// Emulated time, in nanoseconds, for boards and for what happens between them.

/// Boards that are awake run in turn for so long: what one does to a line, the other may see so much too early or late.
const QUANTUM_NS = 1000;

export class World {
  now = 0;
  #boards = [];
  #events = []; // by time; those of the same time in the order they were made
  #order = 0;

  add(board) {
    this.#boards.push(board);
  }

  /// Runs `action` in so many nanoseconds.
  after(delay, action) {
    const event = { at: this.now + delay, order: this.#order++, action };
    let index = this.#events.length;
    while (index > 0 && this.#events[index - 1].at > event.at) --index;
    this.#events.splice(index, 0, event);
  }

  /// Runs until `isOver()`, which is asked after each step, or for `limitMs` at most. True: it was over.
  run(limitMs, isOver = () => false) {
    const limit = this.now + limitMs * 1e6;
    while (this.now < limit) {
      if (isOver()) return true;
      this.#step(limit);
    }
    return isOver();
  }

  #step(limit) {
    let until = limit;
    for (const board of this.#boards) {
      until = Math.min(until, Math.max(board.wakesAt(this.now), this.now + QUANTUM_NS));
    }
    if (this.#events.length > 0) until = Math.min(until, this.#events[0].at);
    for (const board of this.#boards) board.runUntil(until);
    this.now = until;
    while (this.#events.length > 0 && this.#events[0].at <= this.now) this.#events.shift().action();
  }
}
