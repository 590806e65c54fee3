'use strict';

// Node's `events`. The listeners of an emitter are kept beside it, in a WeakMap, so that an emitter has no properties
// of its own and any object can be one (`Object.assign(target, EventEmitter.prototype)`).

const errorMonitor = Symbol('events.errorMonitor');
const captureRejectionSymbol = Symbol.for('nodejs.rejection');

// Listener lists by event name, without a prototype: "__proto__" is an event name like any other.
const listenersOf = new WeakMap();
const limitOf = new WeakMap();
const capturing = new WeakSet();
const warned = new WeakMap();

let defaultMaxListeners = 10;
let captureAll = false;

function withCode(error, code, properties) {
  return Object.assign(error, { code }, properties);
}

function invalidType(what, expected, value) {
  return withCode(
    new TypeError(`The ${what} must be ${expected}. Received ${describe(value)}`),
    'ERR_INVALID_ARG_TYPE',
  );
}

function describe(value) {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') return `an instance of ${value.constructor?.name ?? 'Object'}`;
  return `type ${typeof value} (${show(value)})`;
}

/** One line for a value that is no Error. */
function show(value) {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value); // it has a cycle
  }
}

function checkListener(listener) {
  if (typeof listener !== 'function') throw invalidType('"listener" argument', 'of type function', listener);
}

function checkLimit(value, name) {
  if (typeof value !== 'number') throw invalidType(`"${name}" argument`, 'of type number', value);
  if (!(value >= 0)) {
    const message = `The value of "${name}" is out of range. It must be >= 0. Received ${value}`;
    throw withCode(new RangeError(message), 'ERR_OUT_OF_RANGE');
  }
}

function checkSignal(signal) {
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw invalidType('"options.signal" property', 'an instance of AbortSignal', signal);
  }
}

function aborted(signal) {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  return withCode(Object.defineProperty(error, 'name', { value: 'AbortError' }), 'ABORT_ERR');
}

function allListeners(emitter) {
  let all = listenersOf.get(emitter);
  if (all === undefined) {
    all = Object.create(null);
    listenersOf.set(emitter, all);
  }
  return all;
}

function listenersFor(emitter, name) {
  return listenersOf.get(emitter)?.[name] ?? [];
}

/** The function that was registered, where `once` wrapped it. */
function unwrapped(listener) {
  return listener.listener ?? listener;
}

// -- the class -------------------------------------------------------------------------------------------------------

// A function and not a class: `EventEmitter.call(this)`, the way of older code, has to work.
function EventEmitter(options) {
  const capture = options?.captureRejections;
  if (capture !== undefined && typeof capture !== 'boolean') {
    throw invalidType('"options.captureRejections" property', 'of type boolean', capture);
  }
  if (capture ?? captureAll) capturing.add(this);
}

function add(emitter, name, listener, first) {
  checkListener(listener);
  const all = allListeners(emitter);
  // Before the listener is in place: one added for "newListener" does not hear of itself.
  if (all.newListener !== undefined) emitter.emit('newListener', name, unwrapped(listener));
  // A copy, never in place: an emit under way goes on with the list that it started with.
  const before = all[name] ?? [];
  all[name] = first ? [listener, ...before] : [...before, listener];
  warnOfLeak(emitter, name, all[name].length);
  return emitter;
}

function warnOfLeak(emitter, name, count) {
  const limit = emitter.getMaxListeners();
  if (limit === 0 || count <= limit) return;
  const names = warned.get(emitter) ?? new Set();
  if (names.has(name)) return;
  warned.set(emitter, names.add(name));
  console.error(
    `Warning: possible EventEmitter memory leak: ${count} "${String(name)}" listeners on ` +
      `${emitter.constructor?.name ?? 'an emitter'}, the limit is ${limit} (see setMaxListeners)`,
  );
}

function onceWrapper(emitter, name, listener) {
  checkListener(listener);
  let fired = false;
  function wrapper(...args) {
    if (fired) return undefined;
    fired = true;
    emitter.removeListener(name, wrapper);
    return listener.apply(emitter, args);
  }
  wrapper.listener = listener;
  return wrapper;
}

function throwUnhandled(error) {
  if (error instanceof Error) throw error;
  throw withCode(new Error(`Unhandled error. (${show(error)})`), 'ERR_UNHANDLED_ERROR', { context: error });
}

/** Reports the rejection of a listener's promise, where the emitter captures those. */
function captureRejection(emitter, promise, name, args) {
  promise.then(undefined, (error) => {
    queueMicrotask(() => {
      if (typeof emitter[captureRejectionSymbol] === 'function') {
        emitter[captureRejectionSymbol](error, name, ...args);
        return;
      }
      // A rejecting "error" listener must not lead back here.
      capturing.delete(emitter);
      try {
        emitter.emit('error', error);
      } finally {
        capturing.add(emitter);
      }
    });
  });
}

EventEmitter.prototype.emit = function emit(name, ...args) {
  if (name === 'error') {
    if (listenersFor(this, errorMonitor).length > 0) this.emit(errorMonitor, ...args);
    if (listenersFor(this, 'error').length === 0) throwUnhandled(args[0]);
  }
  const listeners = listenersFor(this, name);
  for (const listener of listeners) {
    const result = listener.apply(this, args);
    if (capturing.has(this) && typeof result?.then === 'function') captureRejection(this, result, name, args);
  }
  return listeners.length > 0;
};

EventEmitter.prototype.on = function on(name, listener) {
  return add(this, name, listener, false);
};

EventEmitter.prototype.addListener = EventEmitter.prototype.on;

EventEmitter.prototype.prependListener = function prependListener(name, listener) {
  return add(this, name, listener, true);
};

EventEmitter.prototype.once = function once(name, listener) {
  return this.on(name, onceWrapper(this, name, listener));
};

EventEmitter.prototype.prependOnceListener = function prependOnceListener(name, listener) {
  return this.prependListener(name, onceWrapper(this, name, listener));
};

EventEmitter.prototype.removeListener = function removeListener(name, listener) {
  checkListener(listener);
  const listeners = listenersFor(this, name);
  const index = listeners.findLastIndex((one) => one === listener || one.listener === listener);
  if (index === -1) return this;
  const all = allListeners(this);
  if (listeners.length === 1) delete all[name];
  else all[name] = listeners.toSpliced(index, 1);
  if (all.removeListener !== undefined) this.emit('removeListener', name, unwrapped(listener));
  return this;
};

EventEmitter.prototype.off = EventEmitter.prototype.removeListener;

EventEmitter.prototype.removeAllListeners = function removeAllListeners(...names) {
  const all = allListeners(this);
  if (all.removeListener === undefined) {
    if (names.length === 0) listenersOf.delete(this);
    else delete all[names[0]];
    return this;
  }
  if (names.length > 0) {
    for (const listener of listenersFor(this, names[0]).toReversed()) this.removeListener(names[0], listener);
    return this;
  }
  // Those who listen for removals hear of all others, so they go last.
  for (const name of Reflect.ownKeys(all)) {
    if (name !== 'removeListener') this.removeAllListeners(name);
  }
  this.removeAllListeners('removeListener');
  return this;
};

EventEmitter.prototype.listeners = function listeners(name) {
  return listenersFor(this, name).map(unwrapped);
};

EventEmitter.prototype.rawListeners = function rawListeners(name) {
  return [...listenersFor(this, name)];
};

EventEmitter.prototype.listenerCount = function listenerCount(name, listener) {
  const listeners = listenersFor(this, name);
  if (listener === undefined || listener === null) return listeners.length;
  return listeners.filter((one) => one === listener || one.listener === listener).length;
};

EventEmitter.prototype.eventNames = function eventNames() {
  return Reflect.ownKeys(listenersOf.get(this) ?? {});
};

EventEmitter.prototype.setMaxListeners = function setMaxListeners(count) {
  checkLimit(count, 'setMaxListeners');
  limitOf.set(this, count);
  return this;
};

EventEmitter.prototype.getMaxListeners = function getMaxListeners() {
  return limitOf.get(this) ?? defaultMaxListeners;
};

// -- functions over emitters -----------------------------------------------------------------------------------------

const isEmitter = (value) => typeof value?.on === 'function' && typeof value.removeListener === 'function';
const isEventTarget = (value) => typeof value?.addEventListener === 'function';

function listen(emitter, name, listener) {
  if (isEmitter(emitter)) emitter.on(name, listener);
  else if (isEventTarget(emitter)) emitter.addEventListener(name, listener);
  else throw invalidType('"emitter" argument', 'an instance of EventEmitter', emitter);
}

function unlisten(emitter, name, listener) {
  if (isEmitter(emitter)) emitter.removeListener(name, listener);
  else emitter.removeEventListener(name, listener);
}

/** Promise for the arguments of the next event `name`; an "error" event rejects it. */
async function once(emitter, name, options) {
  const signal = options?.signal;
  checkSignal(signal);
  if (signal?.aborted) throw aborted(signal);
  const rejectsOnError = name !== 'error' && isEmitter(emitter);
  let succeed, fail, abort;
  try {
    return await new Promise((resolve, reject) => {
      succeed = (...args) => resolve(args);
      fail = reject;
      abort = () => reject(aborted(signal));
      listen(emitter, name, succeed);
      if (rejectsOnError) listen(emitter, 'error', fail);
      signal?.addEventListener('abort', abort);
    });
  } finally {
    if (isEmitter(emitter) || isEventTarget(emitter)) unlisten(emitter, name, succeed);
    if (rejectsOnError) unlisten(emitter, 'error', fail);
    signal?.removeEventListener('abort', abort);
  }
}

/** Async iterator over the events `name`, each as an array of its arguments. */
function on(emitter, name, options) {
  const signal = options?.signal;
  checkSignal(signal);
  if (signal?.aborted) throw aborted(signal);

  const events = []; // that nobody has asked for yet
  const waiting = []; // those who asked before the event came
  let failure = null; // {error} once there is one to report
  let finished = false;

  const cleanUp = [];
  function attach(target, event, listener) {
    listen(target, event, listener);
    cleanUp.push(() => unlisten(target, event, listener));
  }

  function push(...args) {
    if (waiting.length > 0) waiting.shift().resolve({ value: args, done: false });
    else events.push(args);
  }

  function finish() {
    while (cleanUp.length > 0) cleanUp.pop()();
    finished = true;
    for (const { resolve } of waiting.splice(0)) resolve({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }

  function fail(error) {
    if (waiting.length > 0) waiting.shift().reject(error);
    else failure = { error };
    finish();
  }

  attach(emitter, name, push);
  if (name !== 'error' && isEmitter(emitter)) attach(emitter, 'error', fail);
  for (const event of options?.close ?? []) attach(emitter, event, finish);
  if (signal !== undefined) attach(signal, 'abort', () => fail(aborted(signal)));

  return {
    next() {
      if (events.length > 0) return Promise.resolve({ value: events.shift(), done: false });
      if (failure !== null) {
        const { error } = failure;
        failure = null;
        return Promise.reject(error);
      }
      if (finished) return finish();
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    return: finish,
    throw(error) {
      if (!(error instanceof Error)) {
        throw invalidType('"EventEmitter.AsyncIterator" property', 'an instance of Error', error);
      }
      fail(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function getEventListeners(emitter, name) {
  if (!isEmitter(emitter)) {
    throw invalidType('"emitter" argument', 'an instance of EventEmitter or EventTarget', emitter);
  }
  return emitter.listeners(name);
}

function setMaxListeners(count = defaultMaxListeners, ...emitters) {
  checkLimit(count, 'setMaxListeners');
  if (emitters.length === 0) defaultMaxListeners = count;
  for (const emitter of emitters) {
    if (isEmitter(emitter)) emitter.setMaxListeners(count);
    else if (!isEventTarget(emitter)) {
      throw invalidType('"eventTargets" argument', 'an instance of EventEmitter or EventTarget', emitter);
    }
  }
}

/** Calls `listener` when `signal` aborts, also when it has aborted already; the result's `Symbol.dispose` undoes it. */
function addAbortListener(signal, listener) {
  if (signal === undefined) throw invalidType('"signal" argument', 'an instance of AbortSignal', signal);
  checkSignal(signal);
  checkListener(listener);
  if (signal.aborted) queueMicrotask(() => listener());
  else signal.addEventListener('abort', listener, { once: true });
  return { [Symbol.dispose ?? Symbol.for('Symbol.dispose')]: () => signal.removeEventListener('abort', listener) };
}

Object.assign(EventEmitter, {
  EventEmitter,
  default: EventEmitter,
  once,
  on,
  addAbortListener,
  getEventListeners,
  setMaxListeners,
  getMaxListeners: (emitter) => emitter.getMaxListeners(),
  listenerCount: (emitter, name) => emitter.listenerCount(name),
  errorMonitor,
  captureRejectionSymbol,
});

Object.defineProperties(EventEmitter, {
  defaultMaxListeners: {
    enumerable: true,
    get: () => defaultMaxListeners,
    set(count) {
      checkLimit(count, 'defaultMaxListeners');
      defaultMaxListeners = count;
    },
  },
  captureRejections: {
    enumerable: true,
    get: () => captureAll,
    set(value) {
      if (typeof value !== 'boolean') {
        throw invalidType('"EventEmitter.captureRejections" property', 'of type boolean', value);
      }
      captureAll = value;
    },
  },
});

module.exports = EventEmitter;
