// The two boards of the test, and what joins them: the table of pins is that of firmware/wiring.hpp.

import { Board, Drive } from './board.js';
import { I2cBus } from './i2c_bus.js';
import { Random } from './random.js';
import { Wire } from './wire.js';
import { World } from './world.js';

const SDA = 4;
const SCL = 5;
const SYN = 14;
const ACK = 15;
const BRIDGE_RESET = 16;
export const WROTE_PING = 18;
export const GOT_PING = 19;
const FLOWS = 20;
const PINGS = 21;

const images = new URL('../../../build/firmware/rp2040/', import.meta.url);

/// `hosted` and `bridge`: of each the image, its jumpers flows and pings, and additional blocks.
export class Boards {
  constructor({ seed = 1, hosted = {}, bridge = {} } = {}) {
    this.random = new Random(seed);
    this.world = new World();
    this.bus = new I2cBus(this.world);
    this.syn = new Wire(this.world);
    this.ack = new Wire(this.world);
    this.resetLine = new Wire(this.world);
    this.hosted = this.#makeBoard({ image: 'hosted_i2c', ...hosted });
    this.bridge = this.#makeBoard({ image: 'bridge_i2c', ...bridge });
    this.#connect();
    this.hosted.start();
    this.bridge.start();
  }

  #makeBoard({ image, flows = false, pings = false, blocks }) {
    const board = new Board(this.world, {
      name: image,
      image: new URL(`${image}.bin`, images),
      bus: this.bus,
      random: this.random,
      probes: [WROTE_PING, GOT_PING],
      blocks,
    });
    board.setLevel(FLOWS, flows);
    board.setLevel(PINGS, pings);
    return board;
  }

  #connect() {
    const wires = new Map([[SYN, this.syn], [ACK, this.ack]]);
    for (const board of [this.hosted, this.bridge]) {
      for (const [pin, wire] of wires) wire.join(board, pin);
      board.onDrive = (pin, drive) => {
        wires.get(pin)?.drive(board, drive);
        if (pin === SDA) this.bus.drive('sda', drive === Drive.low);
        if (pin === SCL) this.bus.drive('scl', drive === Drive.low);
        if (pin === BRIDGE_RESET && board === this.hosted) this.resetLine.drive(board, drive);
      };
    }
    this.resetLine.join(this.hosted, BRIDGE_RESET);
    this.resetLine.onLevel = (level) => (level ? this.bridge.start() : this.bridge.stop());
  }
}
