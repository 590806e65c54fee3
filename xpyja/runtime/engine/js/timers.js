'use strict';

// setTimeout and its family. Python keeps the clock and says which timer is due;
// the callbacks and their arguments never leave this file.

const { host } = internal;
const { entries } = require('bridge');
const { apply, defineProperty, mathFloor, mapGet, mapSet, mapDelete } = require('primordials');

const active = new Map(); // id -> Timeout or Immediate
let nextId = 1;

function requireCallback(callback, name) {
  if (typeof callback === 'function') return;
  const error = new TypeError(`The "callback" argument of ${name} must be a function`);
  error.code = 'ERR_INVALID_ARG_TYPE';
  throw error;
}

// What a timer holds is not for printing.
function hide(timer) {
  defineProperty(timer, 'callback', { __proto__: null, enumerable: false });
  defineProperty(timer, 'args', { __proto__: null, enumerable: false });
}

class Timeout {
  #id;
  #delay;
  #repeat;
  #referenced = true;
  #cleared = false;
  callback;
  args;

  constructor(callback, delay, repeat, args) {
    const milliseconds = +delay;
    // As in Node: what is no delay, or too long for a 32-bit timer, is one millisecond.
    this.#delay = milliseconds >= 1 && milliseconds <= 2147483647 ? mathFloor(milliseconds) : 1;
    this.#repeat = repeat;
    this.#id = nextId++;
    hide(this);
    this.callback = callback;
    this.args = args;
    this.start();
  }

  start() {
    mapSet(active, this.#id, this);
    host('startTimer', this.#id, this.#delay, this.#referenced);
  }

  run() {
    if (!this.#repeat) mapDelete(active, this.#id);
    try {
      apply(this.callback, this, this.args);
    } finally {
      if (this.#repeat && mapGet(active, this.#id) === this) this.start();
    }
  }

  close() {
    this.#cleared = true;
    mapDelete(active, this.#id);
    host('stopTimer', this.#id);
    return this;
  }

  refresh() {
    if (!this.#cleared) this.start();
    return this;
  }

  ref() {
    this.#referenced = true;
    host('referTimer', this.#id, true);
    return this;
  }

  unref() {
    this.#referenced = false;
    host('referTimer', this.#id, false);
    return this;
  }

  hasRef() { return this.#referenced; }

  [Symbol.toPrimitive]() { return this.#id; }

  [Symbol.dispose]() { this.close(); }
}

class Immediate {
  #id;
  callback;
  args;

  constructor(callback, args) {
    this.#id = nextId++;
    hide(this);
    this.callback = callback;
    this.args = args;
    mapSet(active, this.#id, this);
    host('startImmediate', this.#id);
  }

  run() {
    mapDelete(active, this.#id);
    apply(this.callback, this, this.args);
  }

  close() {
    mapDelete(active, this.#id);
    host('stopTimer', this.#id);
  }

  [Symbol.dispose]() { this.close(); }
}

function clear(timer) {
  if (timer === null || timer === undefined) return;
  const found = timer instanceof Timeout || timer instanceof Immediate ? timer : mapGet(active, +timer);
  if (found !== undefined) found.close();
}

const globals = {
  setTimeout(callback, delay, ...args) {
    requireCallback(callback, 'setTimeout');
    return new Timeout(callback, delay, false, args);
  },
  setInterval(callback, delay, ...args) {
    requireCallback(callback, 'setInterval');
    return new Timeout(callback, delay, true, args);
  },
  setImmediate(callback, ...args) {
    requireCallback(callback, 'setImmediate');
    return new Immediate(callback, args);
  },
  clearTimeout(timer) { clear(timer); },
  clearInterval(timer) { clear(timer); },
  clearImmediate(timer) { clear(timer); },
};

for (const name of Object.keys(globals)) {
  defineProperty(globalThis, name, { value: globals[name], writable: true, enumerable: false, configurable: true });
}

internal.setTimeout = globals.setTimeout;
internal.clearTimeout = globals.clearTimeout;

// Runs a timer that is due. One that was stopped in the meantime is gone from the map.
entries.timer = (id) => {
  const timer = mapGet(active, id);
  if (timer !== undefined) timer.run();
};
