'use strict';

const origin = native.clock();

/** Milliseconds since this module was first required. */
function now() {
  return native.clock() - origin;
}

/** Milliseconds since `start`, an earlier result of `now()`. */
function since(start) {
  return now() - (Number(start) || 0);
}

module.exports = { now, since };
