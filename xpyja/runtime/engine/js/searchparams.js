'use strict';

// URLSearchParams: the names and values of a query.

const { missingArguments, withCode } = require('errors');
const percent = require('percent');
const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

function parseQuery(text) {
  const pairs = [];
  for (const part of text.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = equals === -1 ? part : part.slice(0, equals);
    const value = equals === -1 ? '' : part.slice(equals + 1);
    pairs.push([name, value].map((piece) => percent.decode(piece.replaceAll('+', ' '))));
  }
  return pairs;
}

// As forms are encoded: what encodeURIComponent leaves, but for !'()~, and + for
// a space.
function encodeForm(text) {
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

function asText(value) {
  return `${value}`.toWellFormed();
}

function pairsOf(init) {
  if (init === undefined || init === null) return [];
  if (typeof init !== 'object' && typeof init !== 'function') {
    const text = asText(init);
    return parseQuery(text.startsWith('?') ? text.slice(1) : text);
  }
  const method = init[Symbol.iterator];
  if (method === undefined || method === null) {
    return Reflect.ownKeys(init)
      .filter((key) => typeof key === 'string' && Object.prototype.propertyIsEnumerable.call(init, key))
      .map((key) => [asText(key), asText(init[key])]);
  }
  if (typeof method !== 'function') {
    throw withCode(new TypeError('Query pairs must be iterable'), 'ERR_ARG_NOT_ITERABLE');
  }
  return Array.from(init, (pair) => {
    const isObject = pair !== null && (typeof pair === 'object' || typeof pair === 'function');
    const items = isObject && typeof pair[Symbol.iterator] === 'function' ? [...pair] : [];
    if (items.length !== 2) {
      throw withCode(
        new TypeError('Each query pair must be an iterable [name, value] tuple'), 'ERR_INVALID_TUPLE');
    }
    return items.map(asText);
  });
}

function requireArguments(count, required) {
  if (count >= required) return;
  throw missingArguments(
    required === 1 ? 'The "name" argument must be specified' : 'The "name" and "value" arguments must be specified');
}

// For url.js: replaces the pairs without telling the URL, and sets the function
// that is told of changes.
let replacePairs;
let setListener;

class URLSearchParams {
  #pairs;
  #changed = () => {};

  static {
    replacePairs = (params, query) => {
      params.#pairs = parseQuery(query);
    };
    setListener = (params, listener) => {
      params.#changed = listener;
    };
  }

  constructor(init = undefined) {
    this.#pairs = pairsOf(init);
  }

  get size() {
    return this.#pairs.length;
  }

  append(name, value) {
    requireArguments(arguments.length, 2);
    this.#pairs.push([asText(name), asText(value)]);
    this.#changed();
  }

  delete(name, value = undefined) {
    requireArguments(arguments.length, 1);
    const matches = this.#matcher(name, value);
    this.#pairs = this.#pairs.filter((pair) => !matches(pair));
    this.#changed();
  }

  get(name) {
    requireArguments(arguments.length, 1);
    return this.#pairs.find(this.#matcher(name))?.[1] ?? null;
  }

  getAll(name) {
    requireArguments(arguments.length, 1);
    return this.#pairs.filter(this.#matcher(name)).map((pair) => pair[1]);
  }

  has(name, value = undefined) {
    requireArguments(arguments.length, 1);
    return this.#pairs.some(this.#matcher(name, value));
  }

  // Changes the first pair of the name and drops the others.
  set(name, value) {
    requireArguments(arguments.length, 2);
    value = asText(value);
    const matches = this.#matcher(name);
    const first = this.#pairs.find(matches);
    if (first === undefined) {
      this.#pairs.push([asText(name), value]);
    } else {
      first[1] = value;
      this.#pairs = this.#pairs.filter((pair) => pair === first || !matches(pair));
    }
    this.#changed();
  }

  // By the code units of the names; pairs of one name keep their order.
  sort() {
    this.#pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#changed();
  }

  // Iteration sees changes that are made meanwhile.
  *entries() {
    for (let i = 0; i < this.#pairs.length; i++) yield [...this.#pairs[i]];
  }

  *keys() {
    for (let i = 0; i < this.#pairs.length; i++) yield this.#pairs[i][0];
  }

  *values() {
    for (let i = 0; i < this.#pairs.length; i++) yield this.#pairs[i][1];
  }

  forEach(callback, thisArgument = undefined) {
    if (typeof callback !== 'function') {
      throw withCode(new TypeError('The "callback" argument must be of type function.'), 'ERR_INVALID_ARG_TYPE');
    }
    for (let i = 0; i < this.#pairs.length; i++) {
      callback.call(thisArgument, this.#pairs[i][1], this.#pairs[i][0], this);
    }
  }

  toString() {
    return this.#pairs.map(([name, value]) => `${encodeForm(name)}=${encodeForm(value)}`).join('&');
  }

  #matcher(name, value) {
    name = asText(name);
    if (value === undefined) return (pair) => pair[0] === name;
    value = asText(value);
    return (pair) => pair[0] === name && pair[1] === value;
  }

  [inspectCustom](depth, options, inspect) {
    if (depth < 0) return this.#pairs.length === 0 ? 'URLSearchParams {}' : '[Object]';
    const parts = this.#pairs.map(([name, value]) => `${inspect(name, options)} => ${inspect(value, options)}`);
    if (parts.length === 0) return 'URLSearchParams {}';
    const plain = this.#pairs.map(([name, value]) => `${inspect(name)} => ${inspect(value)}, `).join('');
    if (plain.length > options.breakLength) return `URLSearchParams {\n  ${parts.join(',\n  ')} }`;
    return `URLSearchParams { ${parts.join(', ')} }`;
  }
}

Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, {
  value: URLSearchParams.prototype.entries, writable: true, configurable: true,
});
Object.defineProperty(URLSearchParams.prototype, Symbol.toStringTag, { value: 'URLSearchParams', configurable: true });

exports.URLSearchParams = URLSearchParams;
exports.replacePairs = replacePairs;
exports.setListener = setListener;
