'use strict';

// Event, EventTarget, AbortController and AbortSignal.

const { invalidArgument, missingArguments, withCode } = require('errors');
const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

// What only the classes of this file may do with an event; set by its class.
let setTrusted;
let startDispatch;
let moveTo;
let isStopped;

class Event {
  static NONE = 0;
  static CAPTURING_PHASE = 1;
  static AT_TARGET = 2;
  static BUBBLING_PHASE = 3;

  #type;
  #bubbles;
  #cancelable;
  #composed;
  #timeStamp = internal.now();
  #target = null;
  #currentTarget = null;
  #trusted = false;
  #dispatching = false;
  #inPassiveListener = false;
  #defaultPrevented = false;
  #propagationStopped = false;
  #immediateStopped = false;

  static {
    setTrusted = (event) => {
      event.#trusted = true;
      return event;
    };
    startDispatch = (event, target) => {
      if (event.#dispatching) return false;
      event.#dispatching = true;
      event.#target = target;
      event.#currentTarget = target;
      return true;
    };
    // Without a listener: the dispatch is over.
    moveTo = (event, listener) => {
      event.#inPassiveListener = listener !== null && listener.passive;
      if (listener !== null) return;
      event.#dispatching = false;
      event.#currentTarget = null;
      event.#propagationStopped = false;
      event.#immediateStopped = false;
    };
    isStopped = (event) => event.#immediateStopped;
  }

  constructor(type, options = undefined) {
    if (arguments.length === 0) throw missingArguments('The "type" argument must be specified');
    if (options !== undefined && options !== null && typeof options !== 'object' && typeof options !== 'function') {
      throw invalidArgument('The "options" argument must be of type object.');
    }
    this.#type = `${type}`;
    this.#bubbles = Boolean(options?.bubbles);
    this.#cancelable = Boolean(options?.cancelable);
    this.#composed = Boolean(options?.composed);
  }

  get type() {
    return this.#type;
  }

  get target() {
    return this.#target;
  }

  get srcElement() {
    return this.#target;
  }

  get currentTarget() {
    return this.#currentTarget;
  }

  get eventPhase() {
    return this.#dispatching ? Event.AT_TARGET : Event.NONE;
  }

  get bubbles() {
    return this.#bubbles;
  }

  get cancelable() {
    return this.#cancelable;
  }

  get composed() {
    return this.#composed;
  }

  get defaultPrevented() {
    return this.#defaultPrevented;
  }

  get returnValue() {
    return !this.#defaultPrevented;
  }

  set returnValue(value) {
    if (!value) this.preventDefault();
  }

  get cancelBubble() {
    return this.#propagationStopped;
  }

  set cancelBubble(value) {
    if (value) this.stopPropagation();
  }

  get timeStamp() {
    return this.#timeStamp;
  }

  get isTrusted() {
    return this.#trusted;
  }

  composedPath() {
    return this.#currentTarget === null ? [] : [this.#currentTarget];
  }

  preventDefault() {
    if (this.#cancelable && !this.#inPassiveListener) this.#defaultPrevented = true;
  }

  stopPropagation() {
    this.#propagationStopped = true;
  }

  stopImmediatePropagation() {
    this.#propagationStopped = true;
    this.#immediateStopped = true;
  }

  [inspectCustom](depth, options, inspect) {
    const { type, defaultPrevented, cancelable, timeStamp } = this;
    return `${this.constructor.name} ${inspect({ type, defaultPrevented, cancelable, timeStamp }, options)}`;
  }
}

// An error of a listener does not keep the others from running: it is thrown as
// an uncaught error, from a timer.
function reportError(error) {
  internal.setTimeout(() => {
    throw error;
  }, 0);
}

class EventTarget {
  #listeners = new Map(); // from the type to the listeners in order

  addEventListener(type, callback, options = undefined) {
    if (arguments.length < 2) throw missingArguments('The "type" and "listener" arguments must be specified');
    if (callback === null || callback === undefined) return;
    if (typeof callback !== 'function' && typeof callback !== 'object') {
      throw invalidArgument('The "listener" argument must be an instance of EventListener.');
    }
    const settings = typeof options === 'boolean' ? { capture: options } : options ?? {};
    const { signal } = settings;
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw invalidArgument('The "options.signal" property must be an instance of AbortSignal.');
    }
    if (signal !== undefined && signal.aborted) return;

    type = `${type}`;
    const capture = Boolean(settings.capture);
    let list = this.#listeners.get(type);
    if (list === undefined) {
      list = [];
      this.#listeners.set(type, list);
    }
    if (list.some((listener) => listener.callback === callback && listener.capture === capture)) return;
    list.push({ callback, capture, once: Boolean(settings.once), passive: Boolean(settings.passive), removed: false });
    if (signal !== undefined) {
      signal.addEventListener('abort', () => this.removeEventListener(type, callback, capture), { once: true });
    }
  }

  removeEventListener(type, callback, options = undefined) {
    if (arguments.length < 2) throw missingArguments('The "type" and "listener" arguments must be specified');
    const capture = Boolean(typeof options === 'object' && options !== null ? options.capture : options);
    const list = this.#listeners.get(`${type}`) ?? [];
    const index = list.findIndex((listener) => listener.callback === callback && listener.capture === capture);
    if (index === -1) return;
    list[index].removed = true;
    list.splice(index, 1);
  }

  dispatchEvent(event) {
    if (!(event instanceof Event)) {
      throw invalidArgument('The "event" argument must be an instance of Event.');
    }
    if (!startDispatch(event, this)) {
      throw new DOMException('The event is already being dispatched', 'InvalidStateError');
    }
    // A copy: listeners that are added while the event is dispatched do not get it.
    for (const listener of [...this.#listeners.get(event.type) ?? []]) {
      if (isStopped(event)) break;
      if (listener.removed) continue;
      if (listener.once) this.removeEventListener(event.type, listener.callback, listener.capture);
      moveTo(event, listener);
      this.#call(listener.callback, event);
    }
    moveTo(event, null);
    return !event.defaultPrevented;
  }

  #call(callback, event) {
    try {
      if (typeof callback === 'function') callback.call(this, event);
      else callback.handleEvent(event);
    } catch (error) {
      reportError(error);
    }
  }

  [inspectCustom]() {
    return `${this.constructor.name} {}`;
  }
}

// The key to the constructor of AbortSignal, which scripts cannot call.
const construct = Symbol('construct');

let abortSignal;

class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;
  #onabort = null;
  #dependents = new Set(); // signals made from this one by any()

  static {
    abortSignal = (signal, reason) => {
      if (signal.#aborted) return;
      // All of them are aborted before the first listener runs.
      const signals = new Set([signal]);
      for (const one of signals) {
        one.#aborted = true;
        one.#reason = reason;
        for (const dependent of one.#dependents) {
          // Grows the set that is gone through: dependents may have their own.
          if (!dependent.#aborted) signals.add(dependent);
        }
        one.#dependents.clear();
      }
      for (const one of signals) one.dispatchEvent(setTrusted(new Event('abort')));
    };
  }

  constructor(key) {
    if (key !== construct) throw withCode(new TypeError('Illegal constructor'), 'ERR_ILLEGAL_CONSTRUCTOR');
    super();
  }

  static abort(reason = new DOMException('This operation was aborted', 'AbortError')) {
    const signal = new AbortSignal(construct);
    signal.#aborted = true;
    signal.#reason = reason;
    return signal;
  }

  static timeout(delay) {
    const milliseconds = Number(delay);
    const maximum = Number.MAX_SAFE_INTEGER;
    if (!(milliseconds >= 0 && milliseconds <= maximum)) {
      const message = `The value of "delay" is out of range. It must be >= 0 && <= ${maximum}. Received ${delay}`;
      throw withCode(new RangeError(message), 'ERR_OUT_OF_RANGE');
    }
    const signal = new AbortSignal(construct);
    internal.setTimeout(() => {
      abortSignal(signal, new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    }, milliseconds).unref(); // as in Node, waiting for it keeps nothing alive
    return signal;
  }

  static any(signals) {
    const result = new AbortSignal(construct);
    const sources = [...signals];
    for (const source of sources) {
      if (!(source instanceof AbortSignal)) {
        throw invalidArgument('The "signals" argument must hold instances of AbortSignal.');
      }
    }
    for (const source of sources) {
      if (source.#aborted) {
        result.#aborted = true;
        result.#reason = source.#reason;
        return result;
      }
    }
    for (const source of sources) source.#dependents.add(result);
    return result;
  }

  get aborted() {
    return this.#aborted;
  }

  get reason() {
    return this.#reason;
  }

  throwIfAborted() {
    if (this.#aborted) throw this.#reason;
  }

  get onabort() {
    return this.#onabort;
  }

  set onabort(handler) {
    const usable = typeof handler === 'function' || (typeof handler === 'object' && handler !== null);
    if (this.#onabort === null && usable) this.addEventListener('abort', this.#runHandler);
    if (!usable) this.removeEventListener('abort', this.#runHandler);
    this.#onabort = usable ? handler : null;
  }

  #runHandler = (event) => {
    if (typeof this.#onabort === 'function') this.#onabort.call(this, event);
  };

  [inspectCustom](depth, options, inspect) {
    return `AbortSignal ${inspect({ aborted: this.#aborted }, options)}`;
  }
}

class AbortController {
  #signal = new AbortSignal(construct);

  get signal() {
    return this.#signal;
  }

  abort(reason = new DOMException('This operation was aborted', 'AbortError')) {
    abortSignal(this.#signal, reason);
  }

  [inspectCustom](depth, options, inspect) {
    return `AbortController ${inspect({ signal: this.#signal }, options)}`;
  }
}

for (const constructor of [Event, EventTarget, AbortSignal, AbortController]) {
  Object.defineProperty(constructor.prototype, Symbol.toStringTag, { value: constructor.name, configurable: true });
}
for (const phase of ['NONE', 'CAPTURING_PHASE', 'AT_TARGET', 'BUBBLING_PHASE']) {
  Object.defineProperty(Event.prototype, phase, { value: Event[phase], enumerable: true });
}

exports.Event = Event;
exports.EventTarget = EventTarget;
exports.AbortController = AbortController;
exports.AbortSignal = AbortSignal;
