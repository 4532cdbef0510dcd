// Two emulated boards with faults: of the bus, of the lines between them, and of the boards. Whatever happens, within a
// session each line comes once and in order, and there is a session again.

import assert from 'node:assert/strict';
import test from 'node:test';
import { assertNothingWrong, numbers, runUntilReceived, runUntilSession } from './harness/checks.js';
import { RandomFaults } from './harness/i2c_bus.js';
import { Boards } from './harness/wiring.js';

const seed = Number(process.env.TAUTLINE_SEED ?? Math.floor(Math.random() * 2 ** 32));
const SILENCE_MS = 4000; // StreamTimes of lib/bridge
const both = { hosted: { flows: true }, bridge: { flows: true } };

/// A test with random faults; a failure says how to have the same again.
function faultTest(name, run) {
  test(name, (t) => {
    const boards = new Boards({ ...both, seed });
    runUntilSession(boards, 100);
    try {
      run(boards, t);
      assertNothingWrong(boards);
    } catch (error) {
      error.message += `\nreplay: TAUTLINE_SEED=${seed} test/rp2040/run --test-name-pattern '${name}'`;
      throw error;
    }
  });
}

faultTest('bits flip and bytes are refused on the bus', (boards, t) => {
  const faults = new RandomFaults(boards.random, { flip: 0.002, nak: 0.001 });
  boards.bus.faults = faults;
  runUntilReceived(boards, 200, 10_000);
  const failed = numbers(boards.bridge, 'failed exchanges ').at(-1) ?? 0;
  t.diagnostic(`${faults.flipped} flipped, ${faults.refused} refused; the bridge saw ${failed} exchanges fail`);
  assert.ok(faults.flipped > 0 && faults.refused > 0 && failed > 0);
  assert.deepEqual(numbers(boards.hosted, 'session '), [1], 'none of that ends a session');
});

for (const line of ['syn', 'ack']) {
  faultTest(`the line ${line} is stuck, or its edges are lost, for a while`, (boards) => {
    for (const level of [true, false, null, true, false, null]) {
      boards.world.run(1 + boards.random.below(50));
      const durationMs = 5 + boards.random.below(300);
      boards[line].stick(level, durationMs);
      boards.world.run(durationMs);
    }
    runUntilReceived(boards, 100, SILENCE_MS);
    assert.deepEqual(numbers(boards.hosted, 'session '), [1]);
  });
}

faultTest('a line that is stuck for longer than silence may last ends the session, and the bridge is reset', (boards) => {
  // Low: nothing is asked for, so nothing moves.
  boards.syn.stick(false, SILENCE_MS + 1000);
  boards.world.run(SILENCE_MS + 1000);
  assert.ok(boards.hosted.console.some(({ text }) => text === 'resets the bridge'));
  runUntilSession(boards, 2000);
  runUntilReceived(boards, 100, 1000);
});

faultTest('the bridge restarts in the middle of a transfer', (boards, t) => {
  let held = 0;
  for (let round = 0; round < 12; ++round) {
    runIntoTransfer(boards);
    boards.bridge.stop();
    if (boards.bus.isHeld) ++held;
    boards.world.run(1 + boards.random.below(5));
    boards.bridge.start();
    runUntilSession(boards, 1000);
    assertNothingWrong(boards);
  }
  t.diagnostic(`${held} times of 12 the slave held SDA low afterwards`);
  runUntilReceived(boards, 100, 1000);
});

faultTest('a slave that was left in the middle of a byte is clocked free', (boards) => {
  do {
    boards.bridge.stop();
    boards.world.run(1);
    boards.bridge.start();
    runUntilSession(boards, 1000);
    runIntoTransfer(boards);
  } while (!boards.bus.givesByte);
  boards.bridge.stop();
  assert.ok(boards.bus.isHeld);
  boards.bridge.start();
  const started = boards.world.now;
  boards.world.run(5); // much less than it takes the hosted board to give the exchange up, which frees the bus too
  assert.ok(!boards.bus.isHeld);
  runUntilSession(boards, 1000, started);
});

faultTest('the hosted board restarts in the middle of a transfer', (boards) => {
  for (let round = 0; round < 12; ++round) {
    runIntoTransfer(boards);
    boards.hosted.stop();
    boards.world.run(1 + boards.random.below(5));
    boards.hosted.start();
    runUntilSession(boards, 1000);
    assertNothingWrong(boards);
  }
  runUntilReceived(boards, 100, 1000);
});

faultTest('a bridge that hangs is reset by the hosted board, over its reset line', (boards) => {
  runIntoTransfer(boards);
  boards.bridge.hang();
  const before = boards.world.now;
  runUntilSession(boards, SILENCE_MS + 1000);
  assert.deepEqual(numbers(boards.hosted, 'session '), [1, 2]);
  assert.ok(boards.hosted.console.some(({ at, text }) => at > before && text === 'resets the bridge'));
  assert.equal(boards.bridge.console.filter(({ text }) => text === 'bridge starts').length, 2);
  runUntilReceived(boards, 100, 1000);
});

faultTest('a bridge that never starts is reset again and again, and found when it does', (boards) => {
  boards.bridge.stop();
  boards.bridge.dead = true;
  boards.world.run(SILENCE_MS + 4000);
  assert.ok(boards.hosted.console.filter(({ text }) => text === 'resets the bridge').length >= 2);
  boards.bridge.dead = false;
  boards.bridge.start();
  runUntilSession(boards, 1000);
  runUntilReceived(boards, 100, 1000);
});

/// Runs to some moment at which a byte is on the bus.
function runIntoTransfer(boards) {
  boards.world.run(1 + boards.random.below(40));
  assert.ok(boards.world.run(1000, () => boards.bus.isBusy), 'a transfer within a second');
  let bytes = boards.random.below(150);
  boards.bus.onTraffic = () => --bytes;
  boards.world.run(20, () => bytes <= 0 && boards.bus.isBusy);
  boards.bus.onTraffic = () => {};
  const withinByteNs = boards.random.below(20_000);
  boards.world.run(withinByteNs / 1e6);
}
