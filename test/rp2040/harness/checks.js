// What the tests ask of two boards.

import assert from 'node:assert/strict';
import { GOT_PING, WROTE_PING } from './wiring.js';

/// All numbers that directly follow `words` in a board's console, oldest first.
export function numbers(board, words, sinceNs = 0) {
  return board.console
    .filter(({ at, text }) => at >= sinceNs && text.startsWith(words))
    .map(({ text }) => Number(text.slice(words.length).split(' ')[0]))
    .filter(Number.isInteger);
}

/// No line was lost, repeated or out of order within its session: the firmware looks at each.
export function assertNothingWrong({ hosted, bridge }) {
  for (const board of [hosted, bridge]) {
    const wrong = board.console.filter(({ text }) => text.startsWith('wrong'));
    assert.deepEqual(wrong, [], `${board.name} says so`);
  }
}

/// Runs until both ends have told of `count` lines received in one session since now.
export function runUntilReceived(boards, count, limitMs) {
  const since = boards.world.now;
  const have = (board) => numbers(board, 'received ', since).some((number) => number >= count);
  const done = boards.world.run(limitMs, () => have(boards.hosted) && have(boards.bridge));
  assert.ok(done, `${count} lines each way within ${limitMs} ms of emulated time; the consoles end with\n${tail(boards)}`);
}

/// Runs until both ends say that a session has begun since then.
export function runUntilSession(boards, limitMs, since = boards.world.now) {
  const have = (board) => numbers(board, 'session ', since).length > 0;
  const done = boards.world.run(limitMs, () => have(boards.hosted) && have(boards.bridge));
  assert.ok(done, `a session within ${limitMs} ms of emulated time; the consoles end with\n${tail(boards)}`);
}

/// The last lines of both consoles, in order of time.
export function tail({ hosted, bridge }, count = 20) {
  return [hosted, bridge]
    .flatMap(({ name, console }) => console.map(({ at, text }) => ({ at, line: `${name}: ${text}` })))
    .sort((a, b) => a.at - b.at)
    .slice(-count)
    .map(({ at, line }) => `${(at / 1e6).toFixed(3)} ms ${line}`)
    .join('\n');
}

/// Microseconds from the write of each ping to its reading at the other end, by the probes. A pin changes twice before
/// the first ping: pull-up, first level.
export function pingLatencies(from, to) {
  const wrote = from.marks.filter(({ pin }) => pin === WROTE_PING).slice(2);
  const got = to.marks.filter(({ pin }) => pin === GOT_PING).slice(2);
  return got.map(({ at }, index) => (at - wrote[index].at) / 1e3);
}

export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
