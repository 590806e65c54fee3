'use strict';

// URL. Parsing is in urlparser.js.

const { missingArguments, withCode } = require('errors');
const { domainToASCII, domainToUnicode } = require('host');
const { URLSearchParams, replacePairs, setListener } = require('searchparams');
const parser = require('urlparser');
const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

function invalidURL(input, base) {
  const error = withCode(new TypeError('Invalid URL'), 'ERR_INVALID_URL');
  error.input = input;
  if (base !== undefined) error.base = base;
  return error;
}

// Null if the URL, or the base that it is relative to, is invalid.
function parseWithBase(input, base) {
  if (base === undefined) return parser.parse(input, null);
  const baseRecord = parser.parse(base, null);
  return baseRecord === null ? null : parser.parse(input, baseRecord);
}

class URL {
  #record;
  #params;

  constructor(input, base = undefined) {
    if (arguments.length === 0) throw missingArguments('The "url" argument must be specified');
    input = `${input}`;
    if (base !== undefined) base = `${base}`;
    this.#record = parseWithBase(input, base);
    if (this.#record === null) throw invalidURL(input, base);
  }

  static canParse(input, base = undefined) {
    if (arguments.length === 0) throw missingArguments('The "url" argument must be specified');
    return parseWithBase(`${input}`, base === undefined ? undefined : `${base}`) !== null;
  }

  static parse(input, base = undefined) {
    return URL.canParse(input, base) ? new URL(input, base) : null;
  }

  get href() {
    return parser.serialize(this.#record);
  }

  set href(value) {
    const record = parser.parse(`${value}`, null);
    if (record === null) throw invalidURL(`${value}`);
    this.#record = record;
    this.#updateParams();
  }

  get origin() {
    return parser.originOf(this.#record);
  }

  get protocol() {
    return `${this.#record.scheme}:`;
  }

  set protocol(value) {
    parser.setScheme(this.#record, `${value}`);
  }

  get username() {
    return this.#record.username;
  }

  set username(value) {
    parser.setUsername(this.#record, `${value}`);
  }

  get password() {
    return this.#record.password;
  }

  set password(value) {
    parser.setPassword(this.#record, `${value}`);
  }

  get host() {
    return parser.serializeHost(this.#record);
  }

  set host(value) {
    parser.setHost(this.#record, `${value}`, true);
  }

  get hostname() {
    return this.#record.host ?? '';
  }

  set hostname(value) {
    parser.setHost(this.#record, `${value}`, false);
  }

  get port() {
    return `${this.#record.port ?? ''}`;
  }

  set port(value) {
    parser.setPort(this.#record, `${value}`);
  }

  get pathname() {
    return parser.serializePath(this.#record);
  }

  set pathname(value) {
    parser.setPathname(this.#record, `${value}`);
  }

  get search() {
    const { query } = this.#record;
    return query === null || query === '' ? '' : `?${query}`;
  }

  set search(value) {
    parser.setSearch(this.#record, `${value}`);
    this.#updateParams();
  }

  // Made when it is first asked for. Then each follows the changes of the other.
  get searchParams() {
    if (this.#params === undefined) {
      this.#params = new URLSearchParams();
      this.#updateParams();
      setListener(this.#params, () => parser.setSearch(this.#record, this.#params.toString()));
    }
    return this.#params;
  }

  get hash() {
    const { fragment } = this.#record;
    return fragment === null || fragment === '' ? '' : `#${fragment}`;
  }

  set hash(value) {
    parser.setHash(this.#record, `${value}`);
  }

  toString() {
    return this.href;
  }

  toJSON() {
    return this.href;
  }

  #updateParams() {
    if (this.#params !== undefined) replacePairs(this.#params, this.#record.query ?? '');
  }

  [inspectCustom](depth, options, inspect) {
    if (depth < 0) return this;
    const {
      href, origin, protocol, username, password, host, hostname, port, pathname, search, searchParams, hash,
    } = this;
    const parts = {
      href, origin, protocol, username, password, host, hostname, port, pathname, search, searchParams, hash,
    };
    return `${this.constructor.name} ${inspect(parts, options)}`;
  }
}

Object.defineProperty(URL.prototype, Symbol.toStringTag, { value: 'URL', configurable: true });

exports.URL = URL;
exports.URLSearchParams = URLSearchParams;
exports.domainToASCII = domainToASCII;
exports.domainToUnicode = domainToUnicode;
