// The I2C bus at the level of bytes, with the time that their bits take: one master at a time, and slaves. The
// acknowledgement of a byte is part of it, as the ninth bit.

const BITS_PER_BYTE = 9;
const CLOCKS_TO_FREE = 9;

export class I2cBus {
  /// Told of what passes, for tests: ({at, what, byte, acknowledged}).
  onTraffic = () => {};

  #world;
  #faults;
  #blocks = new Set();
  #slave = null; // the one that has acknowledged its address
  #gives = false; // ... and is giving a byte: it may be holding SDA low
  #isHeld = false; // SDA is low since a master left in the middle of such a byte
  #pulses = 0; // clocks made by hand since then
  #lines = { sda: false, scl: false }; // driven low by hand
  #master = null;

  /// `faults`: see NoFaults.
  constructor(world, faults = new NoFaults()) {
    this.#world = world;
    this.#faults = faults;
  }

  set faults(faults) {
    this.#faults = faults;
  }

  /// Is there a transfer?
  get isBusy() {
    return this.#master !== null;
  }

  /// Is a slave giving a byte?
  get givesByte() {
    return this.#gives;
  }

  /// Does a slave hold SDA low that was left in the middle of a byte?
  get isHeld() {
    return this.#isHeld;
  }

  attach(block) {
    this.#blocks.add(block);
  }

  /// A block has left the bus, perhaps in the middle of a transfer.
  detach(block) {
    this.#blocks.delete(block);
    if (this.#slave === block) this.#gives = this.#isHeld = false;
    if (this.#slave === block) this.#slave = null;
    if (this.#master !== block) return;
    this.#master = null;
    this.#isHeld = this.#gives;
    this.#pulses = 0;
  }

  /// By hand, as a processor does with the pins themselves.
  drive(line, low) {
    const wasLow = this.#lines[line];
    this.#lines[line] = low;
    if (!wasLow || low) return;
    if (line === 'scl') {
      if (++this.#pulses >= CLOCKS_TO_FREE) this.#isHeld = this.#gives = false;
    } else if (!this.#lines.scl && !this.#isHeld) {
      this.#stop();
    }
  }

  // ---- for the master's block ------------------------------------------------------------------------

  start(master) {
    this.#later(master, 1, () => {
      if (this.#isHeld) return master.arbitrationLost();
      this.#master = master;
      this.#slave = null;
      this.#gives = false;
      for (const block of this.#blocks) if (block !== master) block.seeStart();
      master.completeStart();
    });
  }

  address(master, address, isRead) {
    this.#later(master, BITS_PER_BYTE, () => {
      const { nak } = this.#faults.spoil(address);
      for (const block of this.#blocks) {
        if (block !== master && !nak && block.seeAddress(address, isRead)) this.#slave = block;
      }
      const acknowledged = this.#slave !== null;
      this.#tell(isRead ? 'read from' : 'write to', address, acknowledged);
      master.completeConnect(acknowledged);
    });
  }

  write(master, byte) {
    this.#later(master, BITS_PER_BYTE, () => {
      const spoiled = this.#faults.spoil(byte);
      const finish = (acknowledged) => {
        this.#tell('written', spoiled.byte, acknowledged);
        if (this.#blocks.has(master)) master.completeWrite(acknowledged);
      };
      if (spoiled.nak || this.#slave === null) finish(false);
      else this.#slave.takeByte(spoiled.byte, finish);
    });
  }

  read(master, acknowledge) {
    const transfer = (byte) => {
      this.#gives = this.#slave !== null;
      this.#later(master, BITS_PER_BYTE, () => {
        const value = this.#slave === null ? 0xff : this.#faults.spoil(byte).byte;
        this.#gives = false;
        if (!acknowledge) this.#slave?.seeEndOfRead();
        this.#tell('read', value, acknowledge);
        master.completeRead(value);
      });
    };
    if (this.#slave === null) transfer(0xff);
    else this.#slave.giveByte(transfer);
  }

  stop(master) {
    this.#later(master, 1, () => {
      this.#master = null;
      this.#stop();
      master.completeStop();
    });
  }

  #stop() {
    this.#slave = null;
    this.#gives = false;
    for (const block of this.#blocks) block.seeStop();
  }

  /// After the time of so many bits, unless the master has left by then.
  #later(master, bits, action) {
    this.#world.after(bits * master.bitNanos, () => {
      if (this.#blocks.has(master)) action();
    });
  }

  #tell(what, byte, acknowledged) {
    this.onTraffic({ at: this.#world.now, what, byte, acknowledged });
  }
}

/// What a bus without faults does to a byte.
export class NoFaults {
  /// The byte as the other side gets it, and whether it is refused. Of an address only the latter counts.
  spoil(byte) {
    return { byte, nak: false };
  }
}

/// Spoils bytes at random: `flip` and `nak` are how many of them.
export class RandomFaults {
  flipped = 0;
  refused = 0;
  #random;
  #flip;
  #nak;

  constructor(random, { flip, nak }) {
    this.#random = random;
    this.#flip = flip;
    this.#nak = nak;
  }

  spoil(byte) {
    let spoiled = byte;
    if (this.#random.chance(this.#flip)) {
      spoiled ^= 1 << this.#random.below(8);
      ++this.flipped;
    }
    const nak = this.#random.chance(this.#nak);
    if (nak) ++this.refused;
    return { byte: spoiled, nak };
  }
}
