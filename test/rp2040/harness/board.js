// One RP2040 with an image in its RAM: rp2040js, and what it lacks for this.

import { readFileSync } from 'node:fs';
import { GPIOPinState, RP2040 } from './rp2040js.js';
import { I2cBlock } from './i2c_block.js';

const RAM = 0x20000000;
const RESETS_SLOT = 0x4000c; // rp2040js finds a block by the upper bits of its address
const RING_OSCILLATOR_SLOT = 0x40060;
const RANDOM_BIT = 0x1c;
const I2C_0_SLOT = 0x40044;
const RESET_I2C_0 = 1 << 3;

/// What a pin does to the line that it is on.
export const Drive = { low: 'low', high: 'high', none: 'none' };

export class Board {
  /// Lines of the console: {at, text}.
  console = [];
  /// Changes of the pins named in `probes`: {at, pin}.
  marks = [];
  /// Broken: start() has no effect.
  dead = false;
  /// Called with each line of the console.
  onLine = () => {};
  /// Called with (pin, drive) whenever a pin is driven otherwise than before.
  onDrive = () => {};

  #world;
  #image;
  #bus;
  #random;
  #levels = new Map(); // pin -> level, as the lines outside have it
  #probes;
  #blocks;
  #chip = null; // null while in reset
  #started = 0; // when it left reset
  #text = '';
  #hangs = false;

  /// `probes`: pins whose changes become marks. `blocks`: what else is in the chip, {slot: () => block}.
  constructor(world, { name, image, bus, random, probes = [], blocks = {} }) {
    this.name = name;
    this.#world = world;
    this.#image = readFileSync(image);
    this.#bus = bus;
    this.#random = random;
    this.#probes = new Set(probes);
    this.#blocks = blocks;
    world.add(this);
  }

  /// The block in a slot; undefined while in reset.
  block(slot) {
    return this.#chip?.peripherals[slot];
  }

  /// The level of the line at a pin.
  setLevel(pin, level) {
    this.#levels.set(pin, level);
    this.#chip?.gpio[pin].setInputValue(level);
  }

  /// Power, or the end of a reset: the image is loaded again, and nothing is left of what was before.
  start() {
    if (this.dead) return;
    const chip = new RP2040();
    chip.logger = { debug() {}, info() {}, warn: this.#complain, error: this.#complain };
    chip.onBreak = () => {
      throw new Error(`${this.name}: the firmware has stopped with status ${chip.core.registers[0]}`);
    };
    chip.sram.set(this.#image);
    chip.core.VTOR = RAM;
    chip.core.reset();
    chip.uart[0].onByte = (byte) => this.#put(byte);
    chip.peripherals[RING_OSCILLATOR_SLOT].readUint32 = (offset) =>
      offset === RANDOM_BIT ? this.#random.next() & 1 : 0;
    for (const [slot, make] of Object.entries(this.#blocks)) chip.peripherals[slot] = make();
    this.#chip = chip;
    this.#started = this.#world.now;
    this.#hangs = false;
    this.#plugI2c();
    this.#watchResets();
    this.#watchPins();
  }

  /// In reset: it drives nothing and runs nothing.
  stop() {
    if (this.#chip === null) return;
    const pins = this.#chip.gpio.length;
    this.#chip.i2c[0].detach();
    this.#chip = null;
    this.#endLine(' [cut off]');
    for (let pin = 0; pin < pins; ++pin) this.onDrive(pin, Drive.none);
  }

  /// The processor runs no more, as with interrupts off in an endless loop; its pins and blocks stay as they are.
  hang() {
    this.#hangs = true;
  }

  /// When this board does something next, if nothing happens to it before.
  wakesAt(now) {
    if (this.#chip === null || this.#hangs) return Infinity;
    const { core, clock } = this.#chip;
    if (!core.waiting) return now;
    return clock.nextAlarm === null ? Infinity : this.#started + clock.nextAlarm.nanos;
  }

  runUntil(time) {
    if (this.#chip === null) return;
    const chip = this.#chip;
    const { core, clock } = chip;
    const until = time - this.#started;
    while (clock.nanos < until) {
      if (this.#hangs) {
        clock.tick(until - clock.nanos);
      } else if (!core.waiting) {
        clock.tick((core.executeInstruction() * 1e9) / chip.clkSys);
        // rp2040js overlooks what is pending already when the processor goes to sleep.
        if (core.waiting && core.checkForInterrupts()) core.waiting = false;
      } else {
        const alarm = clock.nextAlarm;
        clock.tick(Math.min(alarm === null ? Infinity : alarm.nanos, until) - clock.nanos);
      }
    }
  }

  #plugI2c() {
    const block = new I2cBlock(this.#chip, this.#bus);
    this.#chip.i2c[0] = block;
    this.#chip.peripherals[I2C_0_SLOT] = block;
  }

  /// rp2040js knows which blocks are in reset, but does not reset them.
  #watchResets() {
    const resets = this.#chip.peripherals[RESETS_SLOT];
    const write = resets.writeUint32.bind(resets);
    resets.writeUint32 = (offset, value) => {
      write(offset, value);
      if (offset !== 0 || (value & RESET_I2C_0) === 0) return;
      this.#chip.i2c[0].detach();
      this.#plugI2c();
    };
  }

  #watchPins() {
    this.#chip.gpio.forEach((gpio, pin) => {
      gpio.setInputValue(this.#levels.get(pin) ?? true);
      gpio.addListener((state) => {
        const drives = { [GPIOPinState.Low]: Drive.low, [GPIOPinState.High]: Drive.high };
        this.onDrive(pin, drives[state] ?? Drive.none);
        if (this.#probes.has(pin)) this.marks.push({ at: this.#now, pin });
      });
    });
  }

  /// Within a step this is ahead of the world's time.
  get #now() {
    return this.#started + this.#chip.clock.nanos;
  }

  #put(byte) {
    if (byte === 10) this.#endLine('');
    else this.#text += String.fromCharCode(byte);
  }

  #endLine(suffix) {
    if (this.#text === '') return;
    const line = { at: this.#world.now, text: this.#text + suffix };
    this.#text = '';
    this.console.push(line);
    this.onLine(line);
  }

  /// Whatever rp2040js does not know, the firmware must not rely on.
  #complain = (component, message) => {
    throw new Error(`${this.name}: ${component}: ${message}`);
  };
}
