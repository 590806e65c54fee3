'use strict';

// structuredClone(value, { transfer }).

const { missingArguments } = require('errors');
const { brandOf, dataOf, isProxy, prototypesOf } = require('objects');

const errorNames = ['Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'];

// Objects with inner state that a copy of the properties would lose.
const generator = Object.getPrototypeOf(function* () {}.prototype);
const asyncGenerator = Object.getPrototypeOf(async function* () {}.prototype);
const uncloneable = [WeakRef.prototype, FinalizationRegistry.prototype, generator, asyncGenerator];

function cloneError(text) {
  return new DOMException(`${text} could not be cloned.`, 'DataCloneError');
}

function className(prototypes) {
  for (const prototype of prototypes) {
    const constructor = dataOf(Object.getOwnPropertyDescriptor(prototype, 'constructor'));
    if (typeof constructor === 'function' && !isProxy(constructor)) return constructor.name;
  }
  return 'Object';
}

class Cloner {
  // From each object met so far to its clone, for cycles and shared objects.
  #clones = new Map();

  clone(value) {
    if (typeof value === 'symbol') throw cloneError(String(value));
    if (typeof value === 'function') throw cloneError(Function.prototype.toString.call(value));
    if (value === null || typeof value !== 'object') return value;
    const known = this.#clones.get(value);
    if (known !== undefined) return known;
    if (isProxy(value)) throw cloneError('#<Object>');
    const handle = internal.isHandle === undefined ? undefined : internal.isHandle(value);
    if (handle !== undefined) throw cloneError(`[${handle}]`);
    return this.#cloneObject(value);
  }

  #remember(value, clone) {
    this.#clones.set(value, clone);
    return clone;
  }

  #cloneObject(value) {
    const prototypes = prototypesOf(value);
    const brand = brandOf(value, prototypes);
    switch (brand) {
      case 'Boolean': return this.#remember(value, new Boolean(Boolean.prototype.valueOf.call(value)));
      case 'Number': return this.#remember(value, new Number(Number.prototype.valueOf.call(value)));
      case 'String': return this.#remember(value, new String(String.prototype.valueOf.call(value)));
      case 'BigInt': return this.#remember(value, Object(BigInt.prototype.valueOf.call(value)));
      case 'Symbol': throw cloneError('#<Symbol>');
      case 'Date': return this.#remember(value, new Date(Date.prototype.getTime.call(value)));
      case 'RegExp': return this.#remember(value, new RegExp(value.source, value.flags));
      case 'ArrayBuffer': return this.#remember(value, this.#cloneBuffer(value));
      // Shared memory stays shared: both sides are in this process.
      case 'SharedArrayBuffer': return this.#remember(value, value);
      case 'TypedArray':
      case 'DataView': return this.#cloneView(value);
      case 'Map': return this.#cloneMap(value);
      case 'Set': return this.#cloneSet(value);
      case 'Error': return this.#cloneErrorObject(value);
      case 'DOMException': return this.#remember(value, new DOMException(value.message, value.name));
      case 'Array': return this.#cloneProperties(value, new Array(value.length));
      case 'Object':
        if (uncloneable.some((prototype) => prototypes.includes(prototype))) break;
        return this.#cloneProperties(value, {});
    }
    throw cloneError(`#<${brand === 'Object' ? className(prototypes) : brand}>`);
  }

  #cloneProperties(value, clone) {
    this.#remember(value, clone);
    for (const key of Object.keys(value)) {
      // Reading a property may run a getter, and that may delete a later one.
      if (!Object.hasOwn(value, key)) continue;
      Object.defineProperty(clone, key, {
        value: this.clone(value[key]), writable: true, enumerable: true, configurable: true,
      });
    }
    return clone;
  }

  #cloneBuffer(buffer) {
    if (buffer.detached) {
      throw new DOMException('An ArrayBuffer is detached and could not be cloned.', 'DataCloneError');
    }
    if (!buffer.resizable) return buffer.slice(0);
    const clone = new ArrayBuffer(buffer.byteLength, { maxByteLength: buffer.maxByteLength });
    new Uint8Array(clone).set(new Uint8Array(buffer));
    return clone;
  }

  #cloneView(view) {
    const buffer = this.clone(view.buffer);
    const name = view[Symbol.toStringTag];
    if (name === 'DataView') return this.#remember(view, new DataView(buffer, view.byteOffset, view.byteLength));
    return this.#remember(view, new globalThis[name](buffer, view.byteOffset, view.length));
  }

  // Cloning an entry may run a getter that changes the collection, so the
  // entries are copied first.
  #cloneMap(map) {
    const clone = this.#remember(map, new Map());
    const entries = [];
    Map.prototype.forEach.call(map, (value, key) => entries.push(key, value));
    for (let i = 0; i < entries.length; i += 2) clone.set(this.clone(entries[i]), this.clone(entries[i + 1]));
    return clone;
  }

  #cloneSet(set) {
    const clone = this.#remember(set, new Set());
    const entries = [];
    Set.prototype.forEach.call(set, (value) => entries.push(value));
    for (const entry of entries) clone.add(this.clone(entry));
    return clone;
  }

  #cloneErrorObject(error) {
    const name = String(error.name);
    const clone = this.#remember(error, new globalThis[errorNames.includes(name) ? name : 'Error']());
    const define = (key, value) =>
      Object.defineProperty(clone, key, { value, writable: true, enumerable: false, configurable: true });
    define('stack', String(error.stack));
    const message = Object.getOwnPropertyDescriptor(error, 'message');
    if (message !== undefined && 'value' in message) define('message', String(message.value));
    if (Object.hasOwn(error, 'cause')) define('cause', this.clone(error.cause));
    return clone;
  }
}

function checkTransfer(transfer) {
  const seen = new Set();
  for (const buffer of transfer) {
    const isBuffer = buffer !== null && typeof buffer === 'object' && !isProxy(buffer) &&
      brandOf(buffer, prototypesOf(buffer)) === 'ArrayBuffer';
    if (!isBuffer || typeof buffer.transfer !== 'function') {
      throw new DOMException('Value could not be transferred.', 'DataCloneError');
    }
    if (buffer.detached) {
      throw new DOMException('An ArrayBuffer is detached and could not be cloned.', 'DataCloneError');
    }
    if (seen.has(buffer)) {
      throw new DOMException('The transfer list contains a duplicate ArrayBuffer.', 'DataCloneError');
    }
    seen.add(buffer);
  }
  return seen;
}

exports.structuredClone = function structuredClone(value, options = undefined) {
  if (arguments.length === 0) throw missingArguments('The "value" argument must be specified');
  const transferred = checkTransfer(options?.transfer ?? []);
  const clone = new Cloner().clone(value);
  // The clone has copies of the bytes. The originals are given up only now: had
  // cloning failed, they would have to be intact, and a view of a detached
  // buffer does not tell its position any more.
  for (const buffer of transferred) buffer.transfer();
  return clone;
};
