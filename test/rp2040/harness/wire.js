// A line between boards: open drain or driven, with a pull-up.

import { Drive } from './board.js';

export class Wire {
  /// Called with the level whenever it changes.
  onLevel = () => {};

  #world;
  #drives = new Map(); // who -> Drive
  #readers = []; // {board, pin}
  #level = true;
  #stuckAt = null;

  constructor(world) {
    this.#world = world;
  }

  get level() {
    return this.#level;
  }

  /// A board's pin, which drives and reads.
  join(board, pin) {
    this.#readers.push({ board, pin });
    board.setLevel(pin, this.#level);
  }

  drive(who, drive) {
    this.#drives.set(who, drive);
    this.#update();
  }

  /// A fault: the line has this level for a while, whoever drives it. `null`: the one it has now, so that what changes
  /// meanwhile is not seen.
  stick(level, durationMs) {
    const stuckAt = level ?? this.#level;
    this.#stuckAt = stuckAt;
    this.#update();
    this.#world.after(durationMs * 1e6, () => {
      this.#stuckAt = null;
      this.#update();
    });
  }

  #update() {
    const drives = [...this.#drives.values()];
    const level = this.#stuckAt ?? !drives.includes(Drive.low);
    if (level === this.#level) return;
    this.#level = level;
    for (const { board, pin } of this.#readers) board.setLevel(pin, level);
    this.onLevel(level);
  }
}
