// A whole link: the hosted board's client, the I2C channel, the bridge, and the real server. Emulated time is held back
// to the clock's, because the server lives by that.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { assertNothingWrong, numbers, tail } from './harness/checks.js';
import { NETWORK_SLOT, Network } from './harness/network_block.js';
import { Boards } from './harness/wiring.js';

const program = new URL('../../build/dev/bin/tautline', import.meta.url).pathname;
const SLICE_MS = 2;
const UP_LINES = 400; // firmware/hosted_link.cpp
const DOWN_LINES = 200;
const DOWN_PERIOD_MS = 20;
const LIMIT_MS = 60_000;

class Server {
  lines = []; // without the id
  #child;

  async start() {
    this.#child = spawn(program, ['serve', '--address', '127.0.0.1', '--port', '0', '--expect', 'board', '--no-wait']);
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.lines.push(line.split('\t')[1]));
    const errors = createInterface({ input: this.#child.stderr });
    for await (const line of errors) {
      const match = /^listening on .*:(\d+)$/.exec(line);
      if (match !== null) return Number(match[1]);
    }
    throw new Error('the server does not listen');
  }

  write(line) {
    this.#child.stdin.write(`board\t${line}\n`);
  }

  /// Whatever state it is in.
  kill() {
    this.#child.kill('SIGKILL');
  }

  /// Its exit status.
  async stop() {
    const ended = new Promise((resolve) => this.#child.on('exit', resolve));
    this.#child.kill('SIGTERM');
    return ended;
  }
}

test('a whole link through two boards: exactly once, while the bridge restarts and hangs', async (t) => {
  const server = new Server();
  const network = new Network(await server.start());
  t.after(() => {
    network.close();
    server.kill();
  });
  const boards = new Boards({
    hosted: { image: 'hosted_link' },
    bridge: { image: 'bridge_link', blocks: { [NETWORK_SLOT]: () => network.makeBlock() } },
  });
  const began = performance.now();
  let pushed = 0;

  /// Runs both boards, and the server's application, until `isOver()`.
  const run = async (what, isOver) => {
    while (!isOver()) {
      const elapsed = performance.now() - began;
      assert.ok(elapsed < LIMIT_MS, `${what} within ${LIMIT_MS} ms; the server has ${server.lines.length} lines,\n${tail(boards)}`);
      boards.world.run(SLICE_MS);
      boards.bridge.block(NETWORK_SLOT)?.flush();
      const emulated = boards.world.now / 1e6;
      while (pushed < DOWN_LINES && emulated >= pushed * DOWN_PERIOD_MS) server.write(`down ${pushed++}`);
      const ahead = emulated - elapsed;
      await (ahead > SLICE_MS ? sleep(ahead) : turn());
    }
  };

  await run('the first lines', () => server.lines.length >= 60);
  boards.bridge.stop();
  boards.bridge.start();
  await run('lines after a restart of the bridge', () => server.lines.length >= 160);
  boards.bridge.hang();
  await run('all lines', () => server.lines.length >= UP_LINES && numbers(boards.hosted, 'received ').at(-1) >= DOWN_LINES);

  assertNothingWrong(boards);
  assert.deepEqual(server.lines, Array.from({ length: UP_LINES }, (_, number) => `up ${number}`));
  assert.deepEqual(numbers(boards.hosted, 'received '), [50, 100, 150, 200]);
  const resets = boards.hosted.console.filter(({ text }) => text === 'resets the bridge').length;
  assert.equal(resets, 1, 'the bridge that hung, not the one that restarted');
  t.diagnostic(`${(boards.world.now / 1e9).toFixed(1)} s of emulated time in ${((performance.now() - began) / 1e3).toFixed(1)} s`);
  const end = boards.world.now + 300e6;
  await run('the last acknowledgements', () => boards.world.now >= end);
  assert.equal(await server.stop(), 0);
});
