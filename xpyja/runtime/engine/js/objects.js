'use strict';

// Looking at objects without running any code of the script: no getters, no
// proxy traps, no Symbol.hasInstance.

const {
  arrayBufferByteLength, bigintValueOf, booleanValueOf, brandOfPrototype, dateGetTime,
  domExceptionName, getOwnPropertyDescriptor, getPrototypeOf, hasOwn, isArray, isError, isView,
  mapGet, mapSize, numberValueOf, objectKeys, regexpSource, setSize, sharedArrayBufferByteLength,
  stringValueOf, symbolValueOf, typedArrayName, weakMapHas, weakSetHas,
} = require('primordials');

function isProxy(value) {
  return internal.isProxy !== undefined && internal.isProxy(value);
}

// The prototype chain, up to but without the first proxy in it.
function prototypesOf(value) {
  const prototypes = [];
  let prototype = getPrototypeOf(value);
  while (prototype !== null) {
    // A built-in prototype is no proxy: this saves most of the native calls.
    if (mapGet(brandOfPrototype, prototype) === undefined && isProxy(prototype)) break;
    prototypes[prototypes.length] = prototype;
    prototype = getPrototypeOf(prototype);
  }
  return prototypes;
}

// The descriptor of a property, own or inherited.
function findProperty(value, prototypes, key) {
  let descriptor = getOwnPropertyDescriptor(value, key);
  for (let i = 0; descriptor === undefined && i < prototypes.length; i++) {
    descriptor = getOwnPropertyDescriptor(prototypes[i], key);
  }
  return descriptor;
}

// The value of a descriptor; undefined for accessors. The own-property test
// matters: `descriptor.value` alone would also see Object.prototype.value.
function dataOf(descriptor) {
  return descriptor !== undefined && hasOwn(descriptor, 'value') ? descriptor.value : undefined;
}

function accessorOf(descriptor, kind) {
  return hasOwn(descriptor, kind) ? descriptor[kind] : undefined;
}

function includes(list, value) {
  for (let i = 0; i < list.length; i++) {
    if (list[i] === value) return true;
  }
  return false;
}

// Each throws, or gives undefined, for a value that is not of the brand.
const brandChecks = {
  __proto__: null,
  Map: mapSize,
  Set: setSize,
  WeakMap: (value) => weakMapHas(value, value),
  WeakSet: (value) => weakSetHas(value, value),
  Date: dateGetTime,
  RegExp: (value) => (mapGet(brandOfPrototype, value) ? undefined : regexpSource(value)),
  Promise: (value) => (internal.promiseState === undefined ? true : internal.promiseState(value)),
  DOMException: domExceptionName,
  ArrayBuffer: arrayBufferByteLength,
  SharedArrayBuffer: sharedArrayBufferByteLength,
  Number: numberValueOf,
  String: stringValueOf,
  Boolean: booleanValueOf,
  BigInt: bigintValueOf,
  Symbol: symbolValueOf,
};
const checkedBrands = objectKeys(brandChecks);

function hasBrand(value, brand) {
  const check = brandChecks[brand];
  if (check === undefined) return false;
  try {
    const result = check(value);
    return result !== undefined && result !== null;
  } catch {
    return false;
  }
}

// Which built-in kind of object this is, whatever its prototype claims. Failed
// checks throw, which is slow, so the prototypes say which checks to make; only
// objects outside Object.prototype (null prototypes) have all of them made.
function brandOf(value, prototypes) {
  if (typeof value === 'function') return 'Function';
  if (isArray(value)) return 'Array';
  if (isError(value)) return 'Error';
  if (isView(value)) return typedArrayName(value) === undefined ? 'DataView' : 'TypedArray';
  for (let i = 0; i < prototypes.length; i++) {
    const brand = mapGet(brandOfPrototype, prototypes[i]);
    // What only inherits from Error counts as one: errors of old libraries do.
    if (brand === 'Object' || brand === 'Error') return brand;
    if (brand !== undefined && hasBrand(value, brand)) return brand;
  }
  for (let i = 0; i < checkedBrands.length; i++) {
    const brand = checkedBrands[i];
    // Without the native check, every object would pass for a promise.
    if (brand === 'Promise' && internal.promiseState === undefined) continue;
    if (hasBrand(value, brand)) return brand;
  }
  return 'Object';
}

function functionName(fn) {
  const name = dataOf(getOwnPropertyDescriptor(fn, 'name'));
  return typeof name === 'string' ? name : '';
}

exports.accessorOf = accessorOf;
exports.brandChecks = brandChecks;
exports.brandOf = brandOf;
exports.dataOf = dataOf;
exports.findProperty = findProperty;
exports.functionName = functionName;
exports.includes = includes;
exports.isProxy = isProxy;
exports.prototypesOf = prototypesOf;
