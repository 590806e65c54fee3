'use strict';

// Captured now: a script that replaces a global does not change what this module does.
const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate } = globalThis;

/** Promise that is fulfilled after `ms` milliseconds. */
async function sleep(ms) {
  const duration = Math.trunc(Number(ms)) || 0;
  if (duration < 0) throw new RangeError(`sleep: duration must be >= 0, got ${ms}`);
  await new Promise((resolve) => setTimeout(resolve, duration));
}

module.exports = { sleep, setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate };
