'use strict';

// The built-ins that inspecting and printing rely on, captured before any
// script runs. A script may delete or replace every one of them; printing its
// values must keep working, and must not call into its replacements.
//
// Methods are uncurried: `arrayJoin(list, ',')` is `list.join(',')` as it was
// at start. Code that uses this file also avoids the syntax that looks built-ins
// up at run time: for-of, spread and array destructuring (all of them call
// Array.prototype[Symbol.iterator]), template literals (which this engine makes
// with String.prototype.concat), and regular-expression methods other than
// `regexpExec`.
//
// This file is evaluated on every start, so it holds only what inspect.js,
// console.js and their helpers use.

const { call } = Function.prototype;
const { getOwnPropertyDescriptor, getPrototypeOf } = Object;

// `call.bind(f)` is a function that takes f's `this` as its first argument.
const uncurry = (fn) => call.bind(fn);
const getter = (prototype, key) => uncurry(getOwnPropertyDescriptor(prototype, key).get);

const TypedArrayPrototype = getPrototypeOf(Uint8Array.prototype);

// Prototype -> the brand that an object inheriting from it most likely has.
const brandOfPrototype = new Map([
  [Object.prototype, 'Object'],
  [Array.prototype, 'Array'],
  [Function.prototype, 'Function'],
  [Map.prototype, 'Map'],
  [Set.prototype, 'Set'],
  [WeakMap.prototype, 'WeakMap'],
  [WeakSet.prototype, 'WeakSet'],
  [Date.prototype, 'Date'],
  [RegExp.prototype, 'RegExp'],
  [Promise.prototype, 'Promise'],
  [Error.prototype, 'Error'],
  [DOMException.prototype, 'DOMException'],
  [ArrayBuffer.prototype, 'ArrayBuffer'],
  [SharedArrayBuffer.prototype, 'SharedArrayBuffer'],
  [DataView.prototype, 'DataView'],
  [TypedArrayPrototype, 'TypedArray'],
  [Number.prototype, 'Number'],
  [String.prototype, 'String'],
  [Boolean.prototype, 'Boolean'],
  [BigInt.prototype, 'BigInt'],
  [Symbol.prototype, 'Symbol'],
]);

const regexpFlagGetters = [];
for (const [letter, property] of [
  ['d', 'hasIndices'], ['g', 'global'], ['i', 'ignoreCase'], ['m', 'multiline'],
  ['s', 'dotAll'], ['u', 'unicode'], ['v', 'unicodeSets'], ['y', 'sticky'],
]) {
  regexpFlagGetters.push({ letter, get: getter(RegExp.prototype, property) });
}

Object.assign(exports, {
  // Namespaces and constructors.
  DateConstructor: Date,
  MapConstructor: Map,
  TypeErrorConstructor: TypeError,
  Uint8ArrayConstructor: Uint8Array,
  captureStackTrace: Error.captureStackTrace,
  isError: Error.isError,
  isView: ArrayBuffer.isView,
  jsonStringify: JSON.stringify,
  numberIsFinite: Number.isFinite,
  numberParseFloat: Number.parseFloat,
  numberParseInt: Number.parseInt,
  mathFloor: Math.floor,
  mathMax: Math.max,
  mathMin: Math.min,
  mathRound: Math.round,
  mathSqrt: Math.sqrt,
  NumberConvert: Number,
  StringConvert: String,
  apply: Reflect.apply,
  defineProperty: Object.defineProperty,
  freeze: Object.freeze,
  getOwnPropertyDescriptor,
  getOwnPropertyNames: Object.getOwnPropertyNames,
  getOwnPropertySymbols: Object.getOwnPropertySymbols,
  getPrototypeOf,
  hasOwn: Object.hasOwn,
  isArray: Array.isArray,
  objectIs: Object.is,
  objectKeys: Object.keys,
  symbolIterator: Symbol.iterator,
  symbolToStringTag: Symbol.toStringTag,
  inspectCustom: Symbol.for('nodejs.util.inspect.custom'),

  // Methods.
  arrayJoin: uncurry(Array.prototype.join),
  arraySlice: uncurry(Array.prototype.slice),
  arraySort: uncurry(Array.prototype.sort),
  arraySplice: uncurry(Array.prototype.splice),
  bigintToString: uncurry(BigInt.prototype.toString),
  bigintValueOf: uncurry(BigInt.prototype.valueOf),
  booleanValueOf: uncurry(Boolean.prototype.valueOf),
  dateGetTime: uncurry(Date.prototype.getTime),
  dateToISOString: uncurry(Date.prototype.toISOString),
  dateToString: uncurry(Date.prototype.toString),
  functionToString: uncurry(Function.prototype.toString),
  isEnumerable: uncurry(Object.prototype.propertyIsEnumerable),
  mapForEach: uncurry(Map.prototype.forEach),
  mapGet: uncurry(Map.prototype.get),
  mapSet: uncurry(Map.prototype.set),
  mapDelete: uncurry(Map.prototype.delete),
  numberToFixed: uncurry(Number.prototype.toFixed),
  numberToString: uncurry(Number.prototype.toString),
  numberValueOf: uncurry(Number.prototype.valueOf),
  objectToString: uncurry(Object.prototype.toString),
  regexpExec: uncurry(RegExp.prototype.exec),
  setForEach: uncurry(Set.prototype.forEach),
  stringCharCodeAt: uncurry(String.prototype.charCodeAt),
  stringCodePointAt: uncurry(String.prototype.codePointAt),
  stringEndsWith: uncurry(String.prototype.endsWith),
  stringIncludes: uncurry(String.prototype.includes),
  stringIndexOf: uncurry(String.prototype.indexOf),
  stringNormalize: uncurry(String.prototype.normalize),
  stringPadEnd: uncurry(String.prototype.padEnd),
  stringPadStart: uncurry(String.prototype.padStart),
  stringRepeat: uncurry(String.prototype.repeat),
  stringSlice: uncurry(String.prototype.slice),
  stringStartsWith: uncurry(String.prototype.startsWith),
  stringToUpperCase: uncurry(String.prototype.toUpperCase),
  stringValueOf: uncurry(String.prototype.valueOf),
  symbolToString: uncurry(Symbol.prototype.toString),
  symbolValueOf: uncurry(Symbol.prototype.valueOf),
  weakMapHas: uncurry(WeakMap.prototype.has),
  weakSetHas: uncurry(WeakSet.prototype.has),

  // Getters.
  arrayBufferByteLength: getter(ArrayBuffer.prototype, 'byteLength'),
  arrayBufferDetached: getter(ArrayBuffer.prototype, 'detached'),
  dataViewBuffer: getter(DataView.prototype, 'buffer'),
  dataViewByteLength: getter(DataView.prototype, 'byteLength'),
  dataViewByteOffset: getter(DataView.prototype, 'byteOffset'),
  domExceptionMessage: getter(DOMException.prototype, 'message'),
  domExceptionName: getter(DOMException.prototype, 'name'),
  errorStack: getter(Error.prototype, 'stack'),
  mapSize: getter(Map.prototype, 'size'),
  regexpSource: getter(RegExp.prototype, 'source'),
  setSize: getter(Set.prototype, 'size'),
  sharedArrayBufferByteLength: getter(SharedArrayBuffer.prototype, 'byteLength'),
  typedArrayBuffer: getter(TypedArrayPrototype, 'buffer'),
  typedArrayByteLength: getter(TypedArrayPrototype, 'byteLength'),
  typedArrayByteOffset: getter(TypedArrayPrototype, 'byteOffset'),
  typedArrayLength: getter(TypedArrayPrototype, 'length'),
  typedArrayName: getter(TypedArrayPrototype, Symbol.toStringTag),

  // Tables.
  brandOfPrototype,
  regexpFlagGetters,
});

Object.freeze(Object.setPrototypeOf(exports, null));
