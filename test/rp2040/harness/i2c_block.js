// I2C0 of an RP2040. The master is rp2040js's; the slave, which it lacks, is ours, and so are the interrupt mask and the
// interrupts that are levels. After the data sheet's chapter on the DW_apb_i2c.

import { RPI2C } from './rp2040js.js';

const I2C_0_INTERRUPT = 23;

const IC_DATA_CMD = 0x10;
const IC_INTR_MASK = 0x30;
const IC_ENABLE = 0x6c;
const IC_SDA_HOLD = 0x7c;

const MASTER_MODE = 1 << 0;
const SLAVE_DISABLE = 1 << 6;
const STOP_DET_IF_ADDRESSED = 1 << 7;
const HOLD_WHEN_FULL = 1 << 9;
const ENABLED = 1 << 0;

const RX_FULL = 1 << 2;
const TX_EMPTY = 1 << 4;
const RD_REQ = 1 << 5;
const TX_ABRT = 1 << 6;
const RX_DONE = 1 << 7;
const STOP_DET = 1 << 9;
const START_DET = 1 << 10;

const FIRST_DATA_BYTE = 1 << 11;

export class I2cBlock extends RPI2C {
  #bus;
  #addressed = false;
  #isFirstByte = false;
  #wantsByte = null; // takes the byte that the firmware owes
  #heldByte = null; // a byte that waits for room, while the clock is held

  constructor(chip, bus) {
    super(chip, 'I2C0', I2C_0_INTERRUPT);
    this.#bus = bus;
    bus.attach(this);
    this.onStart = () => bus.start(this);
    this.onConnect = (address, mode) => bus.address(this, address, mode === 1);
    this.onWriteByte = (byte) => bus.write(this, byte);
    this.onReadByte = (acknowledge) => bus.read(this, acknowledge);
    this.onStop = () => bus.stop(this);
  }

  /// In reset, or without power.
  detach() {
    this.enable = 0;
    this.#leave();
    this.rp2040.setInterrupt(I2C_0_INTERRUPT, false);
    this.#bus.detach(this);
  }

  /// Length of a bit on the bus, from the registers. The block counts 1 more when low, and the spike filter and 7 more
  /// when high.
  get bitNanos() {
    const cycles = this.fsClockLowPeriod + 1 + this.fsClockHighPeriod + this.spikelen + 7;
    return (cycles * 1e9) / this.rp2040.clkSys;
  }

  // ---- registers ---------------------------------------------------------------------------------

  readUint32(offset) {
    const value = super.readUint32(offset);
    if (offset === IC_DATA_CMD && this.#heldByte !== null) {
      const { byte, done } = this.#heldByte;
      this.#heldByte = null;
      this.#take(byte);
      done(true);
    }
    this.#updateLevels();
    return value;
  }

  writeUint32(offset, value) {
    if (offset === IC_INTR_MASK) {
      this.intEnable = value;
      this.checkInterrupts();
    } else if (offset === IC_DATA_CMD) {
      this.#writeData(value);
    } else if (offset !== IC_SDA_HOLD) { // nothing here is finer than a bit
      super.writeUint32(offset, value);
      if (offset === IC_ENABLE && (value & ENABLED) === 0) this.#leave();
    }
    this.#updateLevels();
  }

  #writeData(value) {
    // The FIFO is held empty until the abort has been seen.
    if ((this.intRaw & TX_ABRT) !== 0) return;
    if (!this.#isSlave) {
      super.writeUint32(IC_DATA_CMD, value);
    } else if (this.#wantsByte !== null) {
      const take = this.#wantsByte;
      this.#wantsByte = null;
      take(value & 0xff);
    } else {
      this.txFIFO.push(value & 0xff);
    }
  }

  nextCommand() {
    super.nextCommand();
    this.#updateLevels();
  }

  pushRX(value) {
    super.pushRX(value);
    this.#updateLevels();
  }

  /// These two interrupts say how full the FIFOs are; rp2040js takes them for events.
  #updateLevels() {
    let raw = this.intRaw & ~(RX_FULL | TX_EMPTY);
    if (this.rxFIFO.itemCount > this.rxThreshold) raw |= RX_FULL;
    if ((this.enable & ENABLED) !== 0 && this.txFIFO.itemCount <= this.txThreshold) raw |= TX_EMPTY;
    if (raw === this.intRaw) return;
    this.intRaw = raw;
    this.checkInterrupts();
  }

  // ---- the slave, for the bus ----------------------------------------------------------------------

  get #isSlave() {
    return (this.enable & ENABLED) !== 0 && (this.control & (MASTER_MODE | SLAVE_DISABLE)) === 0;
  }

  seeStart() {
    this.#addressed = false;
    this.#wantsByte = null;
    if (this.#isSlave) this.setInterrupts(START_DET);
  }

  /// Does it acknowledge this address?
  seeAddress(address, isRead) {
    this.#addressed = this.#isSlave && address === (this.slaveAddress & 0x7f);
    this.#isFirstByte = true;
    if (this.#addressed && isRead && !this.txFIFO.empty) {
      // Left over from a transfer that ended early.
      this.txFIFO.reset();
      this.setInterrupts(TX_ABRT);
    }
    return this.#addressed;
  }

  /// `done(acknowledge)` when the byte has a place; until then the clock is held.
  takeByte(byte, done) {
    if (!this.#addressed) return done(false);
    if (!this.rxFIFO.full) {
      this.#take(byte);
      return done(true);
    }
    if ((this.control & HOLD_WHEN_FULL) === 0) return done(false);
    this.#heldByte = { byte, done };
  }

  #take(byte) {
    this.pushRX(byte | (this.#isFirstByte ? FIRST_DATA_BYTE : 0));
    this.#isFirstByte = false;
  }

  /// `done(byte)` when the firmware has given one; until then the clock is held.
  giveByte(done) {
    if (!this.#addressed) return done(0xff);
    if (!this.txFIFO.empty) return done(this.txFIFO.pull() & 0xff);
    this.#wantsByte = done;
    this.setInterrupts(RD_REQ);
  }

  /// The master has not acknowledged the byte: it wants no more.
  seeEndOfRead() {
    if (this.#addressed) this.setInterrupts(RX_DONE);
  }

  seeStop() {
    const counts = this.#addressed || (this.control & STOP_DET_IF_ADDRESSED) === 0;
    if (this.#isSlave && counts) this.setInterrupts(STOP_DET);
    this.#addressed = false;
    this.#wantsByte = null;
  }

  /// Switched off in the middle: what the bus waits for goes on without it.
  #leave() {
    this.#addressed = false;
    const wants = this.#wantsByte;
    const held = this.#heldByte;
    this.#wantsByte = this.#heldByte = null;
    wants?.(0xff);
    held?.done(false);
  }
}
