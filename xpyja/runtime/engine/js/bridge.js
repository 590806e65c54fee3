'use strict';

// The JavaScript side of the bridge to Python.
//
// Everything that crosses is a small number or a text; marshal.py documents the
// texts. Python holds JavaScript functions, promises and errors as ids into
// `table`; JavaScript holds Python objects as ids too. The bytes of buffers go
// through `slot`, an object without a prototype that only this file and the C
// API see.
//
// The host function and every built-in are captured before any script runs. The
// code below is written so that a script cannot reach into it: no for-of, no
// spread, no array destructuring, no writes to fresh arrays (an index setter on
// Array.prototype would see them), no method lookups on values of scripts.

const P = require('primordials');
const { host, slot } = internal;

const { apply, defineProperty, getPrototypeOf, isArray, jsonStringify, mapGet, mapSet, mapDelete } = P;
const { getOwnPropertyDescriptor, objectKeys, stringSlice } = P;
const { setPrototypeOf } = Object;
const { deleteProperty } = Reflect;
const globalObject = globalThis; // scripts may delete the name
const { parse: jsonParse } = JSON;
const call = Function.prototype.call;
const uncurry = (fn) => call.bind(fn);

const ErrorConstructor = Error;
const TypeErrorConstructor = TypeError;
const PromiseConstructor = Promise;
const BigIntConvert = BigInt;
const promiseThen = uncurry(Promise.prototype.then);
const promiseResolve = Promise.resolve.bind(Promise);
const setAdd = uncurry(Set.prototype.add);
const SetConstructor = Set;
const MapConstructor = Map;
const DateConstructor = Date;
const WeakMapConstructor = WeakMap;
const weakMapGet = uncurry(WeakMap.prototype.get);
const weakMapSet = uncurry(WeakMap.prototype.set);
const Uint8ArrayConstructor = Uint8Array;
const numberIsInteger = Number.isInteger;
const ObjectPrototype = Object.prototype;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;
const MAX_DEPTH = 256;
const MAX_DESCRIBED = 32; // errors in one text
const TAG = '\u0001';

const typedArrays = new Map();
for (const constructor of [
  Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
  BigInt64Array, BigUint64Array, Float32Array, Float64Array,
]) typedArrays.set(constructor.name, constructor);

const errorConstructors = new Map();
for (const constructor of [
  Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError,
]) errorConstructors.set(constructor.name, constructor);

// -- tables ---------------------------------------------------------------------

const table = new Map(); // id -> function, promise or error that Python holds
const deferreds = new Map(); // Python's id of an awaitable -> {resolve, reject}
const hostIds = new WeakMap(); // wrapper function -> Python's id of the callable
const handleIds = new WeakMap(); // opaque object -> Python's id of the object
const errorIds = new WeakMap(); // error made for a Python exception -> its id
const errorSerials = new WeakMap(); // any error that was described -> a number that stays the same
let nextId = 1;

function keep(value) {
  const id = nextId++;
  mapSet(table, id, value);
  return id;
}

const registry = new FinalizationRegistry((id) => {
  host('release', id);
});
const register = FinalizationRegistry.prototype.register.bind(registry);

// -- JavaScript to Python ----------------------------------------------------------

let tagged = false; // whether the text being made holds a tag
let buffers = 0; // how many buffers of the texts being made are in the slot
let described = 0; // how many errors the text being made describes

class Unmarshalable extends TypeErrorConstructor {}
defineProperty(Unmarshalable.prototype, 'name', { value: 'TypeError' });

// Where in a value something is: {up, key, value}, innermost first. Only containers
// make a step, so that rows of plain data cost no allocation per cell.
function where(step, key) {
  let text = key === undefined ? '' : placed(key);
  for (; step !== null && step.up !== null; step = step.up) text = placed(step.key) + text;
  return '$' + text;
}

const placed = (key) => (typeof key === 'number' ? '[' + key + ']' : '.' + key);

function refuse(reason, step, key) {
  const error = new Unmarshalable(reason + ' (at ' + where(step, key) + ')');
  defineProperty(error, 'code', plainProperty('ERR_MARSHAL'));
  return error;
}

function tag(text) {
  tagged = true;
  return '{"\\u0001":[' + text + ']}';
}

function encodeNumber(value) {
  if (value !== value) return 'NaN';
  if (value === 0) return 1 / value < 0 ? '-0.0' : '0';
  const text = '' + value;
  // Beyond the safe integers a number is a float in Python, and an int there
  // would come back as a BigInt; the fraction says so.
  if ((value > MAX_SAFE || value < -MAX_SAFE) && numberIsInteger(value) && P.stringIndexOf(text, 'e') < 0) return text + '.0';
  return text; // "Infinity" and "-Infinity" are what Python's json reads
}

function encodeBuffer(view) {
  slot[buffers] = view;
  return '' + buffers++;
}

function encodeArray(value, step, depth) {
  const { length } = value;
  let text = '[';
  for (let i = 0; i < length; i++) text += (i === 0 ? '' : ',') + encode(value[i], step, i, depth);
  return text + ']';
}

function encodeProperties(value, step, depth) {
  const keys = objectKeys(value);
  const { length } = keys;
  let text = '{';
  for (let i = 0; i < length; i++) {
    const key = keys[i];
    if (key === TAG) return encodeEntries(value, keys, step, depth);
    text += (i === 0 ? '' : ',') + jsonStringify(key) + ':' + encode(value[key], step, key, depth);
  }
  return text + '}';
}

// An object that has the very key that marks tags is written as a list of entries.
function encodeEntries(value, keys, step, depth) {
  let text = '"o",[';
  for (let i = 0; i < keys.length; i++) {
    text += (i === 0 ? '[' : ',[') + jsonStringify(keys[i]) + ',' + encode(value[keys[i]], step, keys[i], depth) + ']';
  }
  return tag(text + ']');
}

function encodeMap(value, step, depth) {
  let text = '';
  P.mapForEach(value, (item, key) => {
    text += (text === '' ? '[' : ',[') + encode(key, step, 'key', depth) + ',' + encode(item, step, 'value', depth) + ']';
  });
  return tag('"m",[' + text + ']');
}

function encodeSet(value, step, depth) {
  let text = '';
  P.setForEach(value, (item) => {
    text += (text === '' ? '' : ',') + encode(item, step, 'member', depth);
  });
  return tag('"s",[' + text + ']');
}

function encodeFunction(value) {
  const hostId = weakMapGet(hostIds, value);
  if (hostId !== undefined) return tag('"y",' + hostId);
  let shown = '';
  try {
    const name = getOwnPropertyDescriptor(value, 'name');
    if (name !== undefined && typeof name.value === 'string') shown = name.value;
  } catch {
    // A proxy of a function; its name is not worth an error.
  }
  return tag('"f",' + keep(value) + ',' + jsonStringify(shown));
}

function brandOf(value) {
  let prototype = getPrototypeOf(value);
  for (let hops = 0; prototype !== null && hops < 64; hops++) {
    const brand = mapGet(P.brandOfPrototype, prototype);
    if (brand !== undefined) return brand;
    prototype = getPrototypeOf(prototype);
  }
  return 'Object';
}

function bytesOf(buffer, offset, length) {
  return '"b",' + encodeBuffer(new Uint8ArrayConstructor(buffer, offset, length));
}

function encodeBranded(value, step, depth) {
  const brand = brandOf(value);
  switch (brand) {
    case 'Map': return encodeMap(value, step, depth);
    case 'Set': return encodeSet(value, step, depth);
    case 'Date': {
      const time = P.dateGetTime(value);
      if (time !== time) throw refuse('an invalid Date cannot cross to Python', step);
      return tag('"d",' + time);
    }
    case 'Promise': return tag('"p",' + keep(value));
    case 'Error': return P.isError(value) ? tag('"e",' + describe(value, null)) : encodeProperties(value, step, depth);
    case 'ArrayBuffer': return tag(bytesOf(value, 0, P.arrayBufferByteLength(value)));
    case 'SharedArrayBuffer': return tag(bytesOf(value, 0, P.sharedArrayBufferByteLength(value)));
    case 'DataView': return tag(bytesOf(P.dataViewBuffer(value), P.dataViewByteOffset(value), P.dataViewByteLength(value)));
    case 'TypedArray': {
      const name = P.typedArrayName(value);
      const bytes = bytesOf(P.typedArrayBuffer(value), P.typedArrayByteOffset(value), P.typedArrayByteLength(value));
      return tag(name === 'Uint8Array' ? bytes : '"T",' + jsonStringify(name) + stringSlice(bytes, 3));
    }
    case 'DOMException': return isErrorObject(value) ? tag('"e",' + describe(value, null)) : encodeProperties(value, step, depth);
    case 'Object': return encodeProperties(value, step, depth);
    case 'Number': return encodeNumber(P.numberValueOf(value));
    case 'String': return jsonStringify(P.stringValueOf(value));
    case 'Boolean': return P.booleanValueOf(value) ? 'true' : 'false';
    case 'BigInt': return encode(P.bigintValueOf(value), step, undefined, depth);
    default: throw refuse('a ' + brand + ' cannot cross to Python', step);
  }
}

function encode(value, parent, key, depth) {
  switch (typeof value) {
    case 'string': return jsonStringify(value);
    case 'number': return encodeNumber(value);
    case 'boolean': return value ? 'true' : 'false';
    case 'undefined': return tag('"u"');
    case 'bigint': return tag('"i","' + P.bigintToString(value, 16) + '"');
    case 'function': return encodeFunction(value);
    case 'symbol': throw refuse('a Symbol cannot cross to Python', parent, key);
  }
  if (value === null) return 'null';
  const handleId = weakMapGet(handleIds, value);
  if (handleId !== undefined) return tag('"h",' + handleId);
  const step = { up: parent, key, value };
  // A cycle is looked for now and then, not at every level: 32, 64, 128, 256.
  if (depth >= 32 && (depth & (depth - 1)) === 0) {
    for (let outer = parent; outer !== null; outer = outer.up) {
      if (outer.value === value) throw refuse('a cycle cannot cross to Python', step);
    }
    if (depth >= MAX_DEPTH) throw refuse('the value is nested more than ' + MAX_DEPTH + ' levels deep', null);
  }
  if (isArray(value)) return encodeArray(value, step, depth + 1);
  const prototype = getPrototypeOf(value);
  if (prototype === ObjectPrototype || prototype === null) return encodeProperties(value, step, depth + 1);
  return encodeBranded(value, step, depth + 1);
}

// Makes the text for one value. The first character tells Python how to read it.
function toText(value) {
  switch (typeof value) {
    case 'undefined': return 'u';
    case 'string': return flat('j' + jsonStringify(value));
    case 'number': return 'j' + encodeNumber(value);
    case 'boolean': return value ? 'jtrue' : 'jfalse';
  }
  // A getter or a proxy among the values may call Python, which makes another
  // text meanwhile: it must neither change nor reuse what this one has so far.
  const outerTagged = tagged;
  const firstBuffer = buffers;
  tagged = false;
  described = 0;
  try {
    const text = encode(value, null, undefined, 0);
    return flat((tagged ? 't' : 'j') + text);
  } finally {
    tagged = outerTagged;
    buffers = firstBuffer;
  }
}

// Flattens the rope that concatenations make: the binding cannot hand a rope to Python.
function flat(text) {
  return stringSlice(text, 0);
}

// -- Python to JavaScript ------------------------------------------------------------

function fromText(text) {
  switch (text[0]) {
    case 's': return stringSlice(text, 1);
    case 'j': return jsonParse(stringSlice(text, 1));
    case 't': return revive(jsonParse(stringSlice(text, 1)));
    case 'u': return undefined;
    default: throw hostError(jsonParse(stringSlice(text, 1)));
  }
}

// JSON.parse made every element and property here an own one, so that assigning
// to it cannot reach a setter.
function revive(value) {
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = revive(value[i]);
    return value;
  }
  const keys = objectKeys(value);
  if (keys.length === 1 && keys[0] === TAG) return untag(value[TAG]);
  for (let i = 0; i < keys.length; i++) value[keys[i]] = revive(value[keys[i]]);
  return value;
}

function untag(parts) {
  const first = parts[1];
  switch (parts[0]) {
    case 'u': return undefined;
    case 'n': return first === 'NaN' ? NaN : first === 'Infinity' ? Infinity : -Infinity;
    case 'i': return parts[2] ? -BigIntConvert(first) : BigIntConvert(first);
    case 'd': return new DateConstructor(first);
    case 'b': return new Uint8ArrayConstructor(takeBuffer(first));
    case 'T': return new (mapGet(typedArrays, first))(takeBuffer(parts[2]));
    case 'm': {
      const map = new MapConstructor();
      for (let i = 0; i < first.length; i++) mapSet(map, revive(first[i][0]), revive(first[i][1]));
      return map;
    }
    case 's': {
      const set = new SetConstructor();
      for (let i = 0; i < first.length; i++) setAdd(set, revive(first[i]));
      return set;
    }
    case 'o': {
      const object = {};
      for (let i = 0; i < first.length; i++) {
        defineProperty(object, first[i][0], plainProperty(revive(first[i][1])));
      }
      return object;
    }
    case 'y': return hostFunction(first, parts[2]);
    case 'f': return mapGet(table, first); // functions, promises and errors that came from here
    case 'a': return awaited(first);
    case 'h': return opaque(first, parts[2], revive(parts[3]));
    case 'e': return hostError(first);
  }
}

function takeBuffer(index) {
  const buffer = slot[index];
  slot[index] = undefined;
  return buffer;
}

function plainProperty(value) {
  return { __proto__: null, value, writable: true, enumerable: true, configurable: true };
}

function isSmall(value) {
  // What the binding converts without loss, and without a text.
  return typeof value === 'boolean' || (typeof value === 'number' && (value | 0) === value && (value !== 0 || 1 / value > 0));
}

// 0.5 + 0.5 is an integer, but the engine keeps it as a float, which the binding would make one in Python.
function small(value) {
  return typeof value === 'number' ? value | 0 : value;
}

function hostFunction(id, name) {
  const holder = {
    [name](...args) {
      const count = args.length;
      let result;
      if (count === 0) result = host(id);
      else if (count === 1 && isSmall(args[0])) result = host(id, small(args[0]));
      else if (count === 1 && typeof args[0] === 'string') result = host(id, jsonStringify(args[0]), true);
      else if (count === 2 && isSmall(args[0]) && isSmall(args[1])) result = host(id, small(args[0]), small(args[1]));
      else result = host(id, toText(args));
      return typeof result === 'string' ? fromText(result) : result;
    },
  };
  const wrapper = holder[name];
  weakMapSet(hostIds, wrapper, id);
  register(wrapper, id);
  return wrapper;
}

function awaited(id) {
  return new PromiseConstructor((resolve, reject) => {
    mapSet(deferreds, id, { resolve, reject });
  });
}

const HANDLE_MARK = { __proto__: null, value: true, enumerable: false, writable: false, configurable: false };
const handleKinds = new WeakMap();

function opaque(id, kind, members) {
  const object = { __proto__: null };
  if (members !== null) {
    const keys = objectKeys(members);
    for (let i = 0; i < keys.length; i++) defineProperty(object, keys[i], plainProperty(members[keys[i]]));
  }
  setPrototypeOf(object, ObjectPrototype);
  defineProperty(object, '__xpyja_handle', HANDLE_MARK);
  weakMapSet(handleIds, object, id);
  weakMapSet(handleKinds, object, kind);
  register(object, id);
  return object;
}

// Makes the error for a Python exception, or finds the one that is on its way back.
function hostError(data) {
  if (data.ref) {
    const original = mapGet(table, data.ref);
    if (original !== undefined) return original.thrown;
  }
  const Constructor = mapGet(errorConstructors, data.name) || ErrorConstructor;
  const error = new Constructor(data.message);
  if (Constructor.name !== data.name) {
    defineProperty(error, 'name', { __proto__: null, value: data.name, writable: true, enumerable: false, configurable: true });
  }
  if (data.code !== null) defineProperty(error, 'code', plainProperty(data.code));
  const keys = objectKeys(data.properties);
  for (let i = 0; i < keys.length; i++) defineProperty(error, keys[i], plainProperty(data.properties[keys[i]]));
  if (data.id) {
    weakMapSet(errorIds, error, data.id);
    register(error, data.id);
  }
  return error;
}

// -- errors to Python -------------------------------------------------------------------

function readText(value, key) {
  try {
    const text = value[key];
    return typeof text === 'string' ? text : text === undefined ? '' : show(text);
  } catch {
    return '';
  }
}

function readStack(error) {
  try {
    const stack = P.errorStack(error);
    if (typeof stack === 'string') return stack;
  } catch {
    // Not what the engine takes for an error.
  }
  try {
    const own = getOwnPropertyDescriptor(error, 'stack'); // a DOMException has one of its own
    return own !== undefined && typeof own.value === 'string' ? own.value : '';
  } catch {
    return '';
  }
}

// A text for a thrown value that is not an error. Never runs the script's code.
function show(value) {
  try {
    return internal.inspect(value);
  } catch {
    return value === null ? 'null' : typeof value;
  }
}

// A DOMException is an error to everyone but the engine.
function isErrorObject(value) {
  if (P.isError(value)) return true;
  try {
    P.domExceptionName(value);
    return true;
  } catch {
    return false;
  }
}

// The thrown value lives in the table inside a box, so that `throw undefined`
// can be told from a missing entry. `outer` is the chain of errors that this one
// belongs to: {up, error}. An error that contains itself is described once.
function describe(thrown, outer) {
  described++;
  const ref = keep({ thrown });
  if (!isErrorObject(thrown)) {
    return '{"name":"","text":' + jsonStringify(show(thrown)) +
      ',"stack":"","code":null,"cause":null,"errors":[],"id":0,"serial":0,"ref":' + ref + '}';
  }
  let serial = weakMapGet(errorSerials, thrown);
  if (serial === undefined) weakMapSet(errorSerials, thrown, serial = ref);
  const id = weakMapGet(errorIds, thrown);
  let code = null;
  let cause = 'null';
  let errors = '';
  try {
    if (typeof thrown.code === 'string') code = thrown.code;
    const chain = { up: outer, error: thrown };
    const inner = getOwnPropertyDescriptor(thrown, 'cause');
    if (inner !== undefined && inner.value !== undefined && mayDescribe(inner.value, chain)) {
      cause = describe(inner.value, chain);
    }
    const list = getOwnPropertyDescriptor(thrown, 'errors');
    if (list !== undefined && isArray(list.value)) {
      for (let i = 0; i < list.value.length && i < MAX_DESCRIBED; i++) {
        const member = list.value[i];
        if (mayDescribe(member, chain)) errors += (errors === '' ? '' : ',') + describe(member, chain);
      }
    }
  } catch {
    // A getter of the script threw; what was read so far is what is shown.
  }
  return '{"name":' + jsonStringify(readText(thrown, 'name') || 'Error') +
    ',"text":' + jsonStringify(readText(thrown, 'message')) +
    ',"stack":' + jsonStringify(readStack(thrown)) +
    ',"code":' + jsonStringify(code) + ',"cause":' + cause + ',"errors":[' + errors + ']' +
    ',"id":' + (id === undefined ? 0 : id) + ',"serial":' + serial + ',"ref":' + ref + '}';
}

function mayDescribe(value, chain) {
  let depth = 0;
  for (; chain !== null; chain = chain.up) {
    if (chain.error === value) return false;
    depth++;
  }
  return depth <= 8 && described < MAX_DESCRIBED;
}

// Nothing here may throw: what leaves an entry as an exception is only what no
// script can catch.
function failure(error) {
  try {
    described = 0;
    return flat('e' + describe(error, null));
  } catch {
    return 'e'; // not even a description could be made: memory is gone
  }
}

// -- error stacks -----------------------------------------------------------------------

// The files between a script and Python take a part of the frames that the engine records.
ErrorConstructor.stackTraceLimit = 50;

// The engine's `stack` has neither the first line that scripts expect there nor
// any reason to hide the frames of these files.
const nativeStack = getOwnPropertyDescriptor(ErrorConstructor.prototype, 'stack');
const errorToString = uncurry(ErrorConstructor.prototype.toString);

function withoutInternals(stack) {
  let text = '';
  for (let start = 0; start < stack.length;) {
    const end = P.stringIndexOf(stack, '\n', start);
    const next = end < 0 ? stack.length : end + 1;
    const line = stringSlice(stack, start, next);
    if (!P.stringIncludes(line, '(xpyja:')) text += line;
    start = next;
  }
  return text;
}

defineProperty(ErrorConstructor.prototype, 'stack', {
  get() {
    const stack = apply(nativeStack.get, this, []);
    if (typeof stack !== 'string' || ErrorConstructor.prepareStackTrace !== undefined) return stack;
    return errorToString(this) + '\n' + withoutInternals(stack);
  },
  set: nativeStack.set,
  enumerable: false,
  configurable: true,
});

// -- entries ----------------------------------------------------------------------------

// `then` asks the promise for its constructor, which scripts may have replaced. For
// the moment of asking it has one of its own that stands for the real one.
function follow(promise, onValue, onError) {
  const own = getOwnPropertyDescriptor(promise, 'constructor');
  let hidden = false;
  try {
    defineProperty(promise, 'constructor', { __proto__: null, value: undefined, configurable: true });
    hidden = true;
  } catch {
    // A frozen promise: the script's constructor it is.
  }
  try {
    promiseThen(promise, onValue, onError);
  } finally {
    if (hidden && own === undefined) deleteProperty(promise, 'constructor');
    else if (hidden) defineProperty(promise, 'constructor', setPrototypeOf(own, null));
  }
}

const entries = {
  __proto__: null,

  // Evaluates a script that was compiled into the slot; what it returns is in there too.
  result() {
    const { value } = slot;
    slot.value = undefined;
    return toText(value);
  },

  // Describes the exception that the C API put into the slot.
  failed() {
    const { value } = slot;
    slot.value = undefined;
    return failure(value);
  },

  // Keeps a value of the slot and returns its id.
  hold() {
    const { value } = slot;
    slot.value = undefined;
    return 'j' + keep(value);
  },

  call(id, text) {
    return toText(apply(mapGet(table, id), undefined, fromText(text)));
  },

  release(_, text) {
    const ids = jsonParse(text);
    for (let i = 0; i < ids.length; i++) mapDelete(table, ids[i]);
  },

  resolve(id, text) {
    const deferred = mapGet(deferreds, id);
    mapDelete(deferreds, id);
    if (deferred !== undefined) deferred.resolve(fromText(text));
  },

  reject(id, text) {
    const deferred = mapGet(deferreds, id);
    mapDelete(deferreds, id);
    if (deferred === undefined) return;
    try {
      fromText(text);
    } catch (error) {
      deferred.reject(error);
    }
  },

  // Tells Python how a promise ends.
  watch(id) {
    follow(
      mapGet(table, id),
      (value) => { host('settled', id, outcome(value)); },
      (error) => { host('settled', id, failure(error)); },
    );
  },

  // Like watch, for a value that stays here: the promise's place in the table is
  // taken by its value. Answers whether it was a promise at all.
  adopt(id) {
    const promise = mapGet(table, id);
    if (internal.promiseState(promise) === undefined) return 'jfalse';
    follow(
      promise,
      (value) => {
        mapSet(table, id, value);
        host('settled', id, 'u');
      },
      (error) => { host('settled', id, failure(error)); },
    );
    return 'jtrue';
  },

  display(id) {
    return toText(internal.display(mapGet(table, id)));
  },

  stringify(id) {
    return toText(jsonStringify(mapGet(table, id)));
  },

  // Where the interrupt in the slot stopped the script.
  stackOfStopped() {
    const { value } = slot;
    slot.value = undefined;
    return toText(readStack(value));
  },

  // For the loader hook, which throws what is in the slot.
  makeError(_, text) {
    try {
      fromText(text);
    } catch (error) {
      slot.value = error;
    }
  },

  setGlobal(_, text) {
    const pair = fromText(text);
    defineProperty(globalObject, pair[0], { __proto__: null, value: pair[1], writable: true, enumerable: false, configurable: true });
  },
};

function outcome(value) {
  try {
    return toText(value);
  } catch (error) {
    return failure(error);
  }
}

// Asks Python for something that is answered with a text. Arguments are strings of
// any kind, so they travel as JSON.
function ask(operation, ...args) {
  for (let i = 0; i < args.length; i++) args[i] = jsonStringify(args[i]);
  return fromText(args.length === 1 ? host(operation, args[0]) : host(operation, args[0], args[1]));
}

exports.entries = entries;
exports.follow = follow;
exports.toText = toText;
exports.handleKind = (value) => weakMapGet(handleKinds, value);
exports.failure = failure;
exports.ask = ask;
