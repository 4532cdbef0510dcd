// Two emulated boards without faults: lines both ways, what they take, and silence when there is nothing to say.

import assert from 'node:assert/strict';
import test from 'node:test';
import { assertNothingWrong, median, numbers, pingLatencies, runUntilSession } from './harness/checks.js';
import { Boards } from './harness/wiring.js';

/// Not asserted finer than this: the issue that asked for the channel.
const LATENCY_LIMIT_US = 5000;

test('lines flow both ways, each once and in order', (t) => {
  const boards = new Boards({ hosted: { flows: true }, bridge: { flows: true } });
  const rate = measureFlow(boards, [boards.hosted, boards.bridge]);
  t.diagnostic(`both ways at once: ${rate.bytes} bytes/s and ${rate.lines} lines/s each way`);
  assert.deepEqual(numbers(boards.hosted, 'session '), [1]);
  assert.deepEqual(numbers(boards.bridge, 'session '), [1]);
});

for (const [from, to] of [['hosted', 'bridge'], ['bridge', 'hosted']]) {
  test(`lines flow from the ${from} board alone`, (t) => {
    const boards = new Boards({ [from]: { flows: true } });
    const rate = measureFlow(boards, [boards[to]]);
    t.diagnostic(`${from} to ${to}: ${rate.bytes} bytes/s, ${rate.lines} lines/s`);
  });

  test(`a line of 32 bytes crosses the idle channel from the ${from} board`, (t) => {
    const boards = new Boards({ [from]: { pings: true } });
    boards.world.run(1000);
    assertNothingWrong(boards);
    const latencies = pingLatencies(boards[from], boards[to]);
    const answered = numbers(boards[from], 'pong ');
    assert.ok(answered.length >= 15, `${answered.length} answers`);
    assert.deepEqual(answered, answered.map((_, index) => index));
    t.diagnostic(`${from} to ${to}: median ${median(latencies).toFixed(0)} us, slowest ${Math.max(...latencies).toFixed(0)} us`);
    const trips = boards[from].console.filter(({ text }) => text.startsWith('pong ')).map(({ text }) => Number(text.split(' ').at(-1)));
    t.diagnostic(`there and back: median ${median(trips)} us by the board's own clock`);
    assert.ok(median(latencies) < LATENCY_LIMIT_US);
  });
}

test('nothing moves on the bus when nobody has anything to say', () => {
  const boards = new Boards();
  runUntilSession(boards, 100);
  boards.world.run(100); // what belongs to the start
  let transfers = 0;
  boards.bus.onTraffic = ({ what }) => {
    if (what === 'write to') ++transfers;
  };
  boards.world.run(3000);
  // Each end gives a sign of life each second.
  assert.ok(transfers > 0 && transfers <= 8, `${transfers} exchanges in 3 s`);
});

/// Runs until `receivers` have 300 lines, and says what went over in the last 200 of them.
function measureFlow(boards, receivers) {
  const times = new Map(receivers.map((board) => [board, {}]));
  for (const board of receivers) {
    board.onLine = ({ at, text }) => {
      times.get(board)[text] = at;
    };
  }
  const done = boards.world.run(3000, () => receivers.every((board) => times.get(board)['received 300'] !== undefined));
  assert.ok(done, '300 lines in 3 s of emulated time');
  assertNothingWrong(boards);
  assert.deepEqual(numbers(boards.bridge, 'failed exchanges '), [], 'the bus has no faults');
  const seconds = Math.max(...receivers.map((board) => times.get(board)['received 300'] - times.get(board)['received 100'])) / 1e9;
  return { bytes: Math.round(flowBytes(100, 300) / seconds), lines: Math.round(200 / seconds) };
}

/// Bytes of the flow's lines from one number to another, with their LF; firmware/numbered_lines.cpp makes them.
function flowBytes(begin, end) {
  let bytes = 0;
  for (let number = begin; number < end; ++number) bytes += `flow ${number} \n`.length + ((number * 7) % 61);
  return bytes;
}
