// The block behind firmware/harness_network.hpp: a TCP connection to one server, byte by byte. There is no such thing
// in an RP2040; it stands for the network of a bridge.

import { connect } from 'node:net';

export const NETWORK_SLOT = 0x50400;

const STATE = 0x0;
const LEVEL = 0x4;
const DATA = 0x8;

const State = { closed: 0, connecting: 1, connected: 2, refused: 3 };

export class Network {
  #port;
  #sockets = new Set(); // also those whose board has been reset: nobody told the server

  constructor(port) {
    this.#port = port;
  }

  /// A block for a chip that has just been started.
  makeBlock() {
    return new NetworkBlock(() => this.#connect());
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
  }

  #connect() {
    const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true });
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    return socket;
  }
}

class NetworkBlock {
  #connect;
  #socket = null;
  #state = State.closed;
  #received = []; // of buffers
  #taken = 0; // bytes of the first one that the firmware has read
  #level = 0;
  #out = [];

  constructor(connect) {
    this.#connect = connect;
  }

  readUint32(offset) {
    if (offset === STATE) return this.#state;
    if (offset === LEVEL) return this.#level;
    return this.#read();
  }

  writeUint32Atomic(offset, value) {
    if (offset === STATE) {
      if (value === 1) this.#open();
      else this.#close();
    } else if (offset === DATA) {
      this.#out.push(value & 0xff);
    }
  }

  /// What the firmware wrote leaves; called between slices of emulated time.
  flush() {
    if (this.#out.length === 0) return;
    this.#socket?.write(Buffer.from(this.#out));
    this.#out = [];
  }

  #open() {
    this.#close();
    const socket = this.#connect();
    this.#socket = socket;
    this.#state = State.connecting;
    const own = (action) => (argument) => {
      if (this.#socket === socket) action(argument);
    };
    socket.on('connect', own(() => (this.#state = State.connected)));
    socket.on('data', own((bytes) => {
      this.#received.push(bytes);
      this.#level += bytes.length;
    }));
    socket.on('error', () => {});
    socket.on('close', own(() => (this.#state = this.#state === State.connecting ? State.refused : State.closed)));
  }

  #close() {
    this.flush();
    this.#socket?.destroy();
    this.#socket = null;
    this.#state = State.closed;
    this.#received = [];
    this.#taken = this.#level = 0;
  }

  #read() {
    if (this.#level === 0) return 0;
    const [first] = this.#received;
    const byte = first[this.#taken++];
    --this.#level;
    if (this.#taken === first.length) {
      this.#received.shift();
      this.#taken = 0;
    }
    return byte;
  }
}
