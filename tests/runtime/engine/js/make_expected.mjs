// Writes expected.json: what Node.js prints for the cases below. The tests run
// the same cases on xpyja's own globals and compare.
//
//     node make_expected.mjs        (with Node.js 20)
//
// A case is a JavaScript expression. In `values` it is inspected; elsewhere it
// gives a text, or a value that is compared as JSON. `inspect`, `format` and
// `attempt` (the name and message of what a function throws) are in scope.
//
// Left out, because the engine or xpyja differs from Node on purpose:
//
// - stack frames: every engine writes its own; they are cut to `at <frames>`
// - the contents of map and set iterators: only V8 can look without consuming
// - hidden properties of functions, arguments and errors (showHidden, %o): their
//   own properties differ between the engines; and the inherited accessors that
//   Node shows with showHidden
// - [Symbol.toStringTag] getters of classes: inspecting runs no getters here
// - objects whose prototype was replaced by that of an unrelated class, e.g.
//   Object.setPrototypeOf(new Map(), {}): shown as objects of the new class
// - console.assert(false, object): Node prints "[object Object]", we inspect
// - a class whose static `name` is a method: Node prints the source of the method
// - warnings (console.countReset of an unknown label): Node prefixes its PID
// - where Node departs from the standards and we do not (tested on their own):
//   structuredClone with a transfer list of other objects, passive listeners,
//   currentTarget and eventPhase while a handler object runs, and listeners added
//   during a dispatch; messages of generators that cannot be cloned
// - where Node's URL parser departs from the standard: a fragment and a relative
//   path on an opaque base, hosts and paths of special form set on URLs of
//   non-special schemes
// - iterators of URLSearchParams: ours are generators
// - the stack of a cloned error whose name is not a standard one
// - the gray and underlined parts of stack frames with colors

import { writeFileSync } from 'node:fs';
import { inspect, format } from 'node:util';
import { Console } from 'node:console';
import { Writable } from 'node:stream';

const values = [
  // Primitives.
  `undefined`, `null`, `true`, `0`, `-0`, `1e21`, `NaN`, `-Infinity`, `12345678901234567890n`,
  `Symbol('a b')`, `Symbol()`, `Symbol.iterator`,
  `''`, `'text'`, `"it's"`, `'say "it\\'s"'`, `'\`\${it\\'s}" '`, `'a\\nb\\tc\\\\d\\x00\\x1b\\x7f\\x9f'`,
  `'\\ud83d'`, `'\\ude00x'`, `'\\ud83d\\ude00'`, `'é日本'`, `'\\u2028'`, `'x'.repeat(10010)`,
  `'line one of the text\\nline two of the text\\nline three of the text, which is the last one'`,
  `['line one of the text\\nline two of the text\\nline three of the text, which is the last']`,
  `[undefined, null, true, 1, 'a', 2n, Symbol('s')]`,
  // Plain objects.
  `({})`, `({ a: 1, 'b-c': 2, 3: 4, é: 5, __proto__x: 6 })`, `({ ['__proto__']: 1 })`,
  `({ a: { b: { c: { d: 1 } } } })`, `({ a: { b: { c: {} } } })`, `({ a: { b: { c: [] } } })`,
  `({ [Symbol('k')]: 1, [Symbol()]: 2 })`,
  `Object.create(null)`, `Object.assign(Object.create(null), { a: 1 })`,
  `Object.create(Object.create(null))`, `Object.create({})`, `Object.create({ a: 1 })`,
  `({ get a() { return 1; }, set b(v) {}, get c() { return 1; }, set c(v) {} })`,
  `Object.defineProperty({ a: 1 }, 'hidden', { value: 2 })`,
  `({ a: 'x'.repeat(40), b: 'y'.repeat(40) })`,
  `({ a: { b: 1, c: { d: 2 } }, e: [1, 2, { f: 3 }] })`,
  `({ a: { b: { c: 'x' } }, d: 1 })`, `({ one: { two: { three: { four: 4 } } }, n: 1 })`,
  `({ name: 'Joe', address: { street: 'Long Street Name 12', city: 'Some City', zip: '12345' }, tags: ['a', 'b'] })`,
  `({ f() {}, g: () => {}, async h() {}, *i() {}, async *j() {} })`,
  `({ a: 'multi\\nline', b: 'x'.repeat(80) })`,
  `({ constructor: 1 })`, `({ constructor: { name: 'Fake' } })`, `({ toString: null, a: 1 })`,
  `({ then: 1, length: 3 })`, `({ a: undefined, b: null })`,
  // Arrays.
  `[]`, `[1, 2, 3]`, `[[[[1]]]]`, `[[[[]]]]`, `[, 1]`, `[1, , , 4]`, `new Array(5)`, `[1, , ]`,
  `Object.assign([1, 2], { extra: 'x', '-1': 0 })`, `Object.assign([], { a: 1 })`, `[undefined, , null]`,
  `Array.from({ length: 6 }, (_, i) => i)`, `Array.from({ length: 7 }, (_, i) => i)`,
  `Array.from({ length: 30 }, (_, i) => i * 37)`, `Array.from({ length: 101 }, (_, i) => i)`,
  `Array.from({ length: 120 }, (_, i) => i * 1000)`, `Array.from({ length: 200 }, () => 'ab')`,
  `Array.from({ length: 10 }, (_, i) => 'word'.repeat(i % 4))`, `'the quick brown fox jumps over the lazy dog and runs away'.split(' ')`,
  `Array.from({ length: 27 }, (_, i) => 'x'.repeat(i))`, `Array.from({ length: 8 }, () => 'x'.repeat(30))`,
  `Array.from({ length: 12 }, (_, i) => -i * 1.5)`, `Array.from({ length: 12 }, (_, i) => BigInt(i) ** 9n)`,
  `Array.from({ length: 9 }, (_, i) => ({ id: i }))`, `Array.from({ length: 9 }, (_, i) => [i, i + 1])`,
  `Array.from({ length: 20 }, (_, i) => '日本'.repeat(i % 3 + 1))`, `Array.from({ length: 10 }, () => '😀')`,
  `({ a: Array.from({ length: 40 }, (_, i) => i) })`, `[Array.from({ length: 10 }, (_, i) => 'item' + i)]`,
  `Object.assign(Array.from({ length: 10 }, (_, i) => i), { x: 1 })`,
  `[1, 'a', 2, 'b', 3, 'c', 4]`, `[true, false, true, false, true, false, true]`,
  `new Array(200)`, `Object.assign(new Array(2000), { 1500: 'x' })`, `Object.assign([], { 4000000000: 1 })`,
  `new (class Stack extends Array {})(3)`, `(class Stack extends Array {}).from([1, 2])`,
  `Object.setPrototypeOf([1, 2], null)`, `Object.defineProperty([1, 2], 0, { get() {}, enumerable: true })`,
  `['a'.repeat(70)]`, `['a'.repeat(76)]`, `[['a'.repeat(30), 'b'.repeat(30)], ['c']]`,
  // Collections.
  `new Map()`, `new Set()`, `new Map([['a', 1], [{ b: 2 }, [3]]])`, `new Set([1, 'a', { b: 2 }])`,
  `new Map([['k', new Map([['l', new Map([['m', new Map()]])]])]])`, `new Set([[1, [2, [3, [4]]]]])`,
  `Object.assign(new Map([[1, 2]]), { extra: true })`, `new Set(Array.from({ length: 110 }, (_, i) => i))`,
  `new Map(Array.from({ length: 103 }, (_, i) => [i, i]))`, `new (class Registry extends Map {})([[1, 2]])`,
  `new (class Tags extends Set {})()`, `Object.setPrototypeOf(new Map([[1, 2]]), null)`,
  `Object.setPrototypeOf(new Set(), null)`, `new WeakMap()`, `new WeakSet()`, `new WeakRef({ a: 1 })`,
  `new Map([['long key '.repeat(5), 'long value '.repeat(5)]])`, `Object.setPrototypeOf(new WeakMap(), null)`,
  // Binary data.
  `new Uint8Array(3)`, `new Uint8Array(0)`, `new Float64Array([1.5, -0, NaN])`, `new BigInt64Array([1n, -2n])`,
  `new Uint8Array(200)`, `Uint8Array.from({ length: 20 }, (_, i) => i * 11)`,
  `new ArrayBuffer(4)`, `new ArrayBuffer(0)`, `new SharedArrayBuffer(2)`, `new DataView(new ArrayBuffer(4), 1)`,
  `new Uint8Array([1, 255]).buffer`, `new ArrayBuffer(120)`, `Object.assign(new Uint8Array(2), { x: 1 })`,
  `new (class Bytes extends Uint8Array {})(2)`, `[new ArrayBuffer(1)]`, `Object.setPrototypeOf(new Uint8Array(2), null)`,
  // Functions and classes.
  `function f() {}`, `function () {}`, `() => {}`, `async function f() {}`, `function* f() {}`, `async function* f() {}`,
  `async () => {}`, `class A {}`, `class {}`, `class B extends Map {}`, `class C extends null {}`,
  `(() => { class A {} return class B extends A { static x = 1 } })()`, `Math.max`, `Object.assign(() => {}, { a: 1 })`,
  `Object.assign(function f() {}, { a: { b: 1 } })`, `Object.setPrototypeOf(function f() {}, null)`,
  `[class A {}, function f() {}, Symbol]`, `(function f() {}).bind(null)`, `Map`, `Object.setPrototypeOf(class A {}, null)`,
  `class { static name = 'Named' }`,
  // Instances.
  `new (class Foo { a = 1 })()`, `new (class Foo {})()`, `new (class Foo { #p = 1; get x() { return 1; } })()`,
  `new (class {})()`, `new (class { a = 1 })()`, `Object.create((class Foo {}).prototype)`, `(class Foo { m() {} }).prototype`,
  `new (class Bar extends (class Foo { x = 1 }) { y = [1] })()`, `({ a: { b: { c: new (class Deep { x = 1 })() } } })`,
  `new (function Legacy() { this.a = 1; })()`, `Object.create(Array.prototype)`,
  // Tags and built-in objects.
  `({ [Symbol.toStringTag]: 'Tag', a: 1 })`, `Object.create({ [Symbol.toStringTag]: 'Tag' })`,
  `Object.defineProperty({}, Symbol.toStringTag, { value: 'Tag' })`,
  `Object.defineProperty([1], Symbol.toStringTag, { value: 'Tag' })`,
  `Object.defineProperty(() => 1, Symbol.toStringTag, { value: 'Tag' })`,
  `Object.defineProperty(Object.create(null), Symbol.toStringTag, { value: 'Tag' })`,
  `Math`, `JSON`, `Reflect`, `Object.prototype`, `Array.prototype`, `Map.prototype`, `Date.prototype`, `Promise.prototype`,
  `(function* g() {})()`, `(async function* g() {})()`, `[][Symbol.iterator]()`, `(function () { return arguments; })(1, 2)`,
  // Boxed primitives, dates, regular expressions.
  `new String('abc')`, `Object.assign(new String('ab'), { x: 1 })`, `new Number(-0)`, `new Boolean(false)`, `Object(1n)`,
  `Object(Symbol('s'))`, `new (class Name extends String {})('n')`, `Object.setPrototypeOf(new Number(3), null)`,
  `[new String('a')]`, `new Date(0)`, `new Date(NaN)`, `Object.assign(new Date(0), { x: 1 })`, `new (class Day extends Date {})(0)`,
  `[new Date(1e12)]`, `/a\\/b/gi`, `Object.assign(/x/y, { a: 1 })`, `new (class Re extends RegExp {})('x', 'u')`,
  `new RegExp('')`, `Object.setPrototypeOf(/a/g, null)`, `Object.setPrototypeOf(new Date(0), null)`, `/x/dsv`,
  // Promises.
  `Promise.resolve(1)`, `Promise.resolve({ a: [1] })`, `new Promise(() => {})`,
  `(() => { const p = Promise.reject(new RangeError('no')); p.catch(() => {}); return p; })()`,
  `(() => { const p = Promise.reject(3); p.catch(() => {}); return p; })()`,
  `(async () => 'done')()`, `Object.assign(Promise.resolve(1), { x: 2 })`, `new (class Task extends Promise {})(() => {})`,
  `({ a: { b: { c: Promise.resolve(4) } } })`, `Object.create(Promise.prototype)`,
  // Errors.
  `new Error('message')`, `new Error()`, `new TypeError('two\\nlines')`, `[new Error('in array')]`, `({ e: new Error('in object') })`,
  `Object.assign(new Error('m'), { code: 'E_CODE', detail: { a: 1 } })`, `new Error('m', { cause: new TypeError('c') })`,
  `new Error('m', { cause: 'text' })`, `new AggregateError([new Error('a'), 2], 'all')`,
  `new (class ValidationError extends Error {})('bad')`, `new (class Failure extends Error {})('bad')`,
  `new (class HttpError extends Error { constructor(m) { super(m); this.name = 'HttpError'; this.status = 404; } })('nf')`,
  `new (class Other extends Error { constructor(m) { super(m); this.name = 'Renamed'; } })('m')`,
  `Object.assign(new Error('m'), { name: 'Custom' })`, `Object.defineProperty(new Error('m'), 'stack', { value: undefined })`,
  `Object.defineProperty(new Error('m'), 'stack', { value: 'Error: m' })`,
  `Object.defineProperty(new RangeError('m'), 'stack', { value: 'own stack text' })`,
  `Object.defineProperty(new RangeError('m'), 'stack', { value: 'RangeError: m\\n    at f (x.js:1:1)' })`,
  `Object.defineProperty(Object.assign(new Error('m'), { a: 1 }), 'stack', { value: 'Error: m' })`,
  `[[Object.defineProperty(new Error('m'), 'stack', { value: 'Error: m\\n    at f (x.js:1:1)' })]]`,
  `Object.setPrototypeOf(new Error('m'), null)`, `new DOMException('text', 'DataCloneError')`, `new DOMException('text')`,
  `Object.create(Error.prototype)`, `Error.prototype`, `TypeError.prototype`,
  `(() => { function Old(m) { this.message = m; } Old.prototype = Object.create(Error.prototype, { name: { value: 'Old' } }); Old.prototype.constructor = Old; return new Old('m'); })()`, `new Error('x'.repeat(100))`, `Object.assign(new Error('m'), { message: 'changed' })`,
  // Circular references.
  `(() => { const o = { a: 1 }; o.self = o; return o; })()`,
  `(() => { const o = { a: {} }; o.a.up = o; o.a.me = o.a; return o; })()`,
  `(() => { const a = []; a.push(a, [a]); return a; })()`,
  `(() => { const m = new Map(); m.set('m', m); m.set(m, 1); return m; })()`,
  `(() => { const e = new Error('m'); e.self = e; return e; })()`,
  `(() => { function f() {} f.f = f; return f; })()`,
  `(() => { const shared = { x: 1 }; return [shared, shared]; })()`,
  `(() => { class Node { constructor() { this.next = this; } } return [new Node(), new Node()]; })()`,
  // Custom inspection.
  `({ [Symbol.for('nodejs.util.inspect.custom')]() { return 'custom text'; } })`,
  `({ a: { [inspect.custom]() { return 'two\\nlines'; } } })`,
  `({ [inspect.custom]() { return { other: 1 }; } })`, `({ [inspect.custom]() { return this; }, a: 1 })`,
  `({ [inspect.custom](depth, options) { return depth + ' ' + options.compact + ' ' + options.stylize('s', 'string'); } })`,
  `({ a: { [inspect.custom](depth, options, inspect) { return inspect([depth, options.depth], options); } } })`,
  `({ [inspect.custom]: 'no function' })`, `({ [inspect.custom]() { return 42; } })`, `({ [inspect.custom]() { return null; } })`,
  `(class { [inspect.custom]() { return 'never'; } }).prototype`,
  // Proxies.
  `new Proxy({ a: 1 }, {})`, `new Proxy([1, 2], { get() { throw 1; } })`, `[new Proxy(function f() {}, {})]`,
  `new Proxy({ a: 1 }, { ownKeys() { throw 1; }, getOwnPropertyDescriptor() { throw 1; }, getPrototypeOf() { throw 1; } })`,
  `new Proxy(new Proxy({ a: 1 }, {}), {})`, `new Proxy(class A {}, {})`,
];

const texts = [
  // Options.
  `inspect({ a: { b: {} } }, { depth: 0 })`, `inspect({ a: { b: { c: { d: { e: 1 } } } } }, { depth: null })`,
  `inspect({ a: { b: { c: { d: { e: 1 } } } } }, { depth: Infinity })`, `inspect({ a: { b: 1 } }, { depth: -1 })`,
  `inspect([[1]], { depth: 0 })`, `inspect({ m: new Map([[1, 2]]), s: new Set([1]), n: Object.assign(Object.create(null), { x: 1 }) }, { depth: 0 })`,
  `inspect({ b: 1, a: 2, c: { z: 1, y: 2 } }, { sorted: true })`, `inspect({ a: 1, b: 2 }, { sorted: (x, y) => (x < y ? 1 : -1) })`,
  `inspect(Object.assign([3, 1], { z: 1, a: 2 }), { sorted: true })`, `inspect(new Set([3, 1, 2]), { sorted: true })`,
  `inspect({ a: 1, b: { c: 2 } }, { compact: false })`, `inspect({ a: 1, b: { c: 2 } }, { compact: true })`, `inspect({ a: { b: { c: 1 } } }, { compact: 1 })`,
  `inspect({ a: { b: { c: 1 } } }, { compact: 0 })`, `inspect({ a: 'x'.repeat(40), b: ['y'.repeat(40), { z: 'z'.repeat(90) }] }, { compact: true })`,
  `inspect([1, 2, 3, 4, 5, 6, 7, 8], { compact: false })`, `inspect({ a: [1, 2, { b: [3] }] }, { compact: 1 })`,
  `inspect({ a: 'x'.repeat(20), b: 'y'.repeat(20) }, { breakLength: 40 })`, `inspect(Array.from({ length: 60 }, (_, i) => i), { breakLength: 40 })`,
  `inspect(Array.from({ length: 60 }, (_, i) => i), { breakLength: Infinity })`, `inspect({ a: 'x'.repeat(200), b: 1 }, { breakLength: Infinity })`,
  `inspect([1, 2, 3, 4], { maxArrayLength: 2 })`, `inspect([1, 2, 3], { maxArrayLength: 0 })`, `inspect(new Set([1, 2, 3]), { maxArrayLength: 1 })`,
  `inspect(new Map([[1, 2], [3, 4]]), { maxArrayLength: 1 })`, `inspect(new Array(3), { maxArrayLength: 0 })`, `inspect(Array(150).fill(0), { maxArrayLength: null })`,
  `inspect('abcdef', { maxStringLength: 3 })`, `inspect(['abcdef'], { maxStringLength: 5 })`, `inspect('abc', { maxStringLength: 0 })`,
  `inspect({ get a() { return { x: 1 }; }, get b() { return 1; }, get c() { throw new Error('no'); }, get d() { return null; }, set d(v) {} }, { getters: true })`,
  `inspect({ get a() { return 1; }, get b() { return 2; }, set b(v) {} }, { getters: 'get' })`, `inspect({ get a() { return 1; }, get b() { return 2; }, set b(v) {} }, { getters: 'set' })`,
  `inspect([1234567.891, -1234, 123456789n, 1e21, 0.12345], { numericSeparator: true })`, `inspect(-123456789.5, { numericSeparator: true })`,
  `inspect(-123456n, { numericSeparator: true })`, `inspect({ [inspect.custom]() { return 'x'; }, a: 1 }, { customInspect: false })`,
  `inspect(Object.defineProperty({ a: 1 }, 'h', { value: 2 }), { showHidden: true })`, `inspect([1], { showHidden: true })`,
  `inspect(new Uint8Array(2), { showHidden: true })`, `inspect({ a: 1 }, true)`, `inspect({ a: { b: { c: 1 } } }, false, 1)`, `inspect({ a: 1 }, false, null, true)`,
  `inspect(new Proxy({ a: 1 }, {}), { showProxy: true })`, `inspect(new Proxy([1], { get() {} }), { showProxy: true })`,
  `inspect({ p: new Proxy({ a: 1 }, {}) }, { showProxy: true, depth: 0 })`,
  // Colors.
  `inspect({ a: 1, b: 'x', c: null, d: undefined, e: true, f: 1n, g: Symbol('s'), h: /x/, i: new Date(0), j: () => {} }, { colors: true })`,
  `inspect({ 'a-b': [1, , 2], [Symbol('k')]: 1, get g() { return 1; }, o: { p: { q: {} , r: { s: 1 } } } }, { colors: true })`,
  `inspect(Array.from({ length: 20 }, (_, i) => i), { colors: true })`, `inspect(['a', 'bb', 'ccc', 'dddd', 'eeeee', 'ffffff', 'ggggggg', 'h'], { colors: true })`,
  `inspect(new Map([['a', new Set([1])]]), { colors: true })`, `inspect([new String('a'), new Number(1), class A {}, new ArrayBuffer(1)], { colors: true })`,
  `inspect((() => { const o = {}; o.o = o; return o; })(), { colors: true })`, `inspect(new Promise(() => {}), { colors: true })`,
  `inspect('a\\nb'.repeat(40), { colors: true })`,
  `JSON.stringify([inspect.styles, inspect.colors.red, inspect.colors.bold])`, `JSON.stringify(inspect.defaultOptions)`, `String(inspect.custom)`,
  `(() => { const before = { ...inspect.defaultOptions }; inspect.defaultOptions = { depth: 0 }; const text = inspect({ a: { b: 1 } }); inspect.defaultOptions = before; return text; })()`,
  // Formats.
  `format()`, `format('a')`, `format('a', 'b', 3, { c: 4 })`, `format(1, 2, '3')`, `format('%s', 'text')`, `format('%s %s', 1)`, `format('%s', 1, 2)`,
  `format('%s %s %s %s %s', null, undefined, true, 1n, -0)`, `format('%s', Symbol('x'))`, `format('%s', { a: { b: 1 } })`, `format('%s', [1, [2]])`, `format('%s', () => 1)`,
  `format('%s', { toString() { return 'mine'; } })`, `format('%s', new (class A { toString() { return 'A!'; } })())`, `format('%s', new (class A {})())`,
  `format('%s', new Date(0))`, `format('%s', new Error('m'))`, `format('%s', Object.create(null))`, `format('%s', class A {})`,
  `format('%d %d %d %d', '42', 1.5, 10n, {})`, `format('%d', Symbol())`, `format('%d', '')`, `format('%i %i %i', 42.9, '17px', -0)`, `format('%i', 5n)`, `format('%i', {})`,
  `format('%f %f %f', '1.50', 2, 'x')`, `format('%f', Symbol())`, `format('%j', { a: [1, 'x'] })`, `format('%j', undefined)`, `format('%j', (() => { const o = {}; o.o = o; return o; })())`,
  `format('%o', { a: [1] })`, `format('%o', [1, { b: 2 }])`, `format('%O', { a: { b: { c: { d: 1 } } } })`, `format('%c styled', 'color: red')`, `format('100%')`, `format('%')`, `format('%%')`, `format('%% %s', 1)`, `format('a%', 1)`,
  `format('%s%%', 50)`, `format('%x %s', 1)`, `format('%%%s%%', 'x')`, `format('%s')`, `format('%s', 'a', 'b', { c: 1 })`, `format('a %', 'b')`, `format('%%s', 1)`, `format('', 'a')`, `format('%s', '%s', 'x')`,
  `format(new Error('first'), 1)`, `format('multi', 'x\\ny')`, `format(null, undefined, NaN)`,
];

// Each is [input] or [input, base].
const urls = [
  ['http://example.com'], ['HTTP://EXAMPLE.com:80/a/../b/./c'], ['https://user:pa ss@host:8443/p?q=1#f'], ['http://a/b?'], ['http://a/b#'],
  ['http:/example.com'], ['http:example.com'], ['http:\\\\host\\path\\..\\x'], ['  http://a/ \n'], ['ht\ntp://a/b\tc'], ['http://a:/'], ['http://a:65535/'], ['http://a:65536/'],
  ['http://a:x/'], ['http://'], ['http://@/'], ['http://u@/'], ['http://u:p@h:1/'], ['http://a@b@c/'], ['http://:80/'], ['https://a:443/'], ['ws://a:80'], ['wss://a:443/x'], ['ftp://a:21/'],
  ['http://1.2.3.4/'], ['http://1.2.3/'], ['http://0x7f.1/'], ['http://017700000001/'], ['http://4294967295/'], ['http://4294967296/'], ['http://256.1.1.1/'], ['http://1.2.3.4.5/'], ['http://1.2.3.4./'],
  ['http://0x/'], ['http://09/'], ['http://a.1/'], ['http://1.a/'], ['http://0.0x100/'], ['http://1..2/'], ['http://999999999999999/'],
  ['http://[::1]/'], ['http://[1:2:3:4:5:6:7:8]:80/'], ['http://[::ffff:1.2.3.4]/'], ['http://[2001:db8:0:0:1:0:0:1]/'], ['http://[1::2::3]/'], ['http://[1:2:3]/'], ['http://[::1'], ['http://[0:0:0:0:0:0:0:0]/'],
  ['http://[1:2:3:4:5:6:7::]/'], ['http://[::1:2:3:4:5:6:7]/'], ['http://[fe80::1%25eth0]/'], ['http://[:::1]/'], ['http://[12345::]/'], ['http://[::1.2.3]/'], ['http://[::01.2.3.4]/'], ['http://[A:B::]/'], ['http://[1:0:0:2:0:0:0:3]/'],
  ['http://münchen.de/ä?ö#ü'], ['http://日本語.jp/'], ['http://EXAMPLE。com/'], ['http://xn--mnchen-3ya.de/'], ['http://faß.de/'], ['http://☕.example/'], ['http://Bücher.example'], ['http://a\u00adb/'], ['http://xn--a/'], ['http://ｅｘ.com/'],
  ['http://a b/'], ['http://a%20b/'], ['http://a%41/'], ['http://a<b/'], ['http://a%zz/'], ['http://ex%E4mple/'], ['http://a_b/'], ['http://a..b/'], ['http://./'],
  ['http://a/%7Efoo/%zz/%'], ['http://a/ "<>`{}|^\\[]\'/'], ['http://a/?a b"<>\'`{}'], ['http://a/# "<>`{}'], ['http://a/\u{1f600}?\u{1f600}#\u{1f600}'], ['http://a/\ud800'], ['http://u;=@a:b/'],
  ['http://a/%2e%2E/b'], ['http://a/b/%2e'], ['http://a/b/..'], ['http://a/../..'], ['http://a//b///c'], ['http://a/b/.%2e/c'], ['http://a/b;c=d/../e'],
  ['file:///a/b'], ['file:/a'], ['file:a'], ['file://host/a'], ['file://localhost/a'], ['file:///C|/x/..'], ['file:///C:/../..'], ['file://C:/x'], ['file:\\\\a\\b'], ['file:'], ['file://u@h/'], ['file:///C:'], ['file:c:\\x'],
  ['mailto:me@x.org'], ['data:text/plain,hello world#f'], ['javascript:alert("x")'], ['foo:bar/../baz'], ['foo:/a/../b'], ['foo://host/a/../b?q'], ['foo:///p'], ['foo://'], ['foo:'], ['foo:/'], ['foo:/..//p'], ['foo://h:80/'], ['foo://h o/'], ['foo://é/é'],
  ['foo://u@/'], ['foo://[::1]/'], ['foo:\\x'], ['blob:https://a:1/uuid'], ['blob:x'], ['about:blank'], ['1http://a'], ['x'], [''], ['//a'], ['a:b:c'], ['non-special://a\\b/'], ['http://a\\b@c/'],
  ['b', 'http://h/a/c?q#f'], ['', 'http://h/a/c?q#f'], ['?x', 'http://h/a?q#f'], ['#x', 'http://h/a?q#f'], ['/x/../y', 'http://h/a'], ['//o/p', 'http://h/a'], ['\\\\o\\p', 'http://h/a'], ['../../x', 'http://h/a/b/c/d'],
  ['..', 'http://h/a/b/c'], ['./', 'http://h/a/b'], ['http:x', 'http://h/a/b'], ['http:/x', 'http://h/a/b'], ['http:x', 'https://h/a/b'], ['https:x', 'http://h/a/b'], ['http:?x', 'http://h/a?y'], ['x:y', 'http://h/'],
  ['#f', 'mailto:a'], ['x', 'mailto:a'], ['', 'mailto:a'], ['#f', 'about:blank?q'], ['?q', 'about:blank'], ['x', 'foo://h/a/b'], ['/x', 'foo:/a/b'], ['..', 'foo:/a/b/c'], ['//x', 'foo://h/a'], ['///x', 'foo://h/a'],
  ['x', 'file:///a/b'], ['/x', 'file:///C:/a'], ['x', 'file:///C:/a'], ['..', 'file:///C:/'], ['C|/y', 'file:///D:/a'], ['//h/x', 'file:///C:/a'], ['?q', 'file:///a/b'], ['', 'file:///a?q#f'], ['/C:/y', 'file:///D:/a'], ['file:x', 'file:///a/b'], ['file:', 'file:///a/b?q'],
  ['a', 'not a url'], ['http://ok/', 'not a url'], ['///x', 'http://h/a'], ['http:////x', 'http://h/'], ['/\\x', 'http://h/'],
];

// Each is [url, property, value].
const setters = [
  ['http://a/', 'href', 'https://b/?x'], ['http://a:443/', 'protocol', 'https'], ['http://a/', 'protocol', 'foo'], ['foo://a/', 'protocol', 'http'], ['http://a/', 'protocol', 'FTP:x'], ['http://a/', 'protocol', '1x'], ['http://u@a/', 'protocol', 'file'], ['file:///a', 'protocol', 'http'],
  ['http://a/', 'username', 'u @:'], ['http://u@a/', 'username', ''], ['file:///a', 'username', 'u'], ['mailto:a', 'username', 'u'], ['http://a/', 'password', 'p/@'], ['http://u:p@a/', 'password', ''],
  ['http://a:1/', 'host', 'b:2'], ['http://a:1/', 'host', 'b'], ['http://a/', 'host', 'b:x'], ['http://a/', 'host', 'b:8x'], ['http://a/', 'host', ''], ['http://a/', 'host', 'b/c'], ['http://a/', 'host', 'b:99999'], ['http://a/', 'host', '[::1]:9'], ['foo://a/', 'host', ''], ['foo://u@a/', 'host', ''], ['mailto:a', 'host', 'b'], ['file:///a', 'host', 'h'], ['file://h/a', 'host', 'localhost'], ['http://a/', 'host', 'x y'], ['http://a/', 'host', '0x7f.1'], ['http://a/', 'host', 'b?c'], ['http://a:8/', 'host', 'b:80'],
  ['http://a:1/', 'hostname', 'b'], ['http://a:1/', 'hostname', 'b:2'], ['http://a/', 'hostname', 'B%41'], ['http://a/', 'hostname', 'b\\c'],
  ['http://a/', 'port', '81'], ['http://a:81/', 'port', ''], ['http://a:81/', 'port', '80'], ['http://a/', 'port', '9x'], ['http://a/', 'port', 'x'], ['http://a/', 'port', '65536'], ['http://a/', 'port', 90], ['file:///a', 'port', '1'], ['http://a/', 'port', '1.5'],
  ['http://a/b', 'pathname', 'c/../d'], ['http://a/b?q', 'pathname', ''], ['http://a/', 'pathname', '/x?y#z'], ['http://a/', 'pathname', '\\x\\y'], ['mailto:a', 'pathname', 'b'], ['foo://h/a', 'pathname', ''], ['foo:/a', 'pathname', '//b'], ['foo:/a', 'pathname', ''], ['file:///a', 'pathname', 'C|/x'],
  ['http://a/', 'search', 'x=1'], ['http://a/?q', 'search', ''], ['http://a/', 'search', '?'], ['http://a/', 'search', '??a b\'#'], ['foo://a/', 'search', "'"],
  ['http://a/', 'hash', 'x'], ['http://a/#q', 'hash', ''], ['http://a/', 'hash', '#'], ['http://a/', 'hash', '##a b`'], ['http://a/#q', 'search', 'z'],
];

const urlParts = `({ href, origin, protocol, username, password, host, hostname, port, pathname, search, hash }) =>
  [href, origin, protocol, username, password, host, hostname, port, pathname, search, hash]`;
const urlCases = [
  ...urls.map((args) => `attempt(() => (${urlParts})(new URL(...${JSON.stringify(args)})))`),
  ...setters.map(([url, key, value]) =>
    `(() => { const url = new URL(${JSON.stringify(url)}); url[${JSON.stringify(key)}] = ${JSON.stringify(value)}; return [url.href, url[${JSON.stringify(key)}]]; })()`),
  `URL.canParse('x')`, `URL.canParse('x', 'http://a')`, `URL.canParse('http://a')`,
  `(() => { try { new URL('x', 'y'); } catch (e) { return [e.name, e.code, e.message, e.input, e.base, e instanceof TypeError]; } })()`,
  `attempt(() => { new URL('http://a').href = 'x'; })`, `JSON.stringify(new URL('http://a'))`, `String(new URL('http://a'))`, `Object.prototype.toString.call(new URL('http://a'))`,
  `inspect(new URL('https://u:p@host:8080/p/a?q=1#h'))`, `inspect({ a: { b: { c: new URL('http://a/') } } })`, `inspect([new URL('http://a/')])`,
  `inspect(new URLSearchParams('a=1&b=2&a=3'))`, `inspect(new URLSearchParams())`, `inspect(new URLSearchParams({ a: 'x'.repeat(50), b: 'y'.repeat(50) }))`,
  `String(new URLSearchParams('?a=1&b=%20+x&c&=d&&e=%zz&f=%ff'))`, `String(new URLSearchParams({ 'a b': "x'()~!*-._", é: '&=+' }))`, `String(new URLSearchParams([['a', 1], ['b', 2]]))`, `String(new URLSearchParams(new Map([['a', 'b']])))`,
  `attempt(() => new URLSearchParams([[1]]))`, `attempt(() => new URLSearchParams([1]))`, `String(new URLSearchParams(new URLSearchParams('a=1')))`, `String(new URLSearchParams(null))`,
  `(() => { const p = new URLSearchParams('a=1&b=2&a=3'); return [p.get('a'), p.getAll('a'), p.get('x'), p.has('b'), p.has('a', '3'), p.has('a', '4'), p.size, [...p.keys()], [...p.values()], [...p]]; })()`,
  `(() => { const p = new URLSearchParams('a=1&b=2&a=3'); p.set('a', 'x'); p.append('c', 'é'); p.delete('b'); return String(p); })()`, `(() => { const p = new URLSearchParams('a=1&a=2'); p.delete('a', '1'); return String(p); })()`,
  `(() => { const p = new URLSearchParams('z=1&a=2&z=0&ﬃ=1&🌈=2'); p.sort(); return String(p); })()`, `(() => { const seen = []; new URLSearchParams('a=1&b=2').forEach((v, k) => seen.push(k + v)); return seen; })()`,
  `(() => { const u = new URL('http://a/?x=1'); const p = u.searchParams; p.append('y', 'z w'); const first = u.href; u.search = '?q=2'; const second = String(p); p.delete('q'); return [first, second, u.href, u.search, p === u.searchParams]; })()`,
  `(() => { const u = new URL('http://a/?a=b~c d'); const before = u.href; u.searchParams.sort(); return [before, u.href]; })()`,
  `(() => { const u = new URL('http://a/?a=1'); const p = u.searchParams; u.href = 'http://b/?c=2'; return String(p); })()`,
];

const encodingCases = [
  `[...new TextEncoder().encode('aé€😀')]`, `[...new TextEncoder().encode('\\ud800x')]`, `[...new TextEncoder().encode()]`, `new TextEncoder().encoding`, `new TextEncoder().encodeInto('é€😀', new Uint8Array(4))`,
  `(() => { const b = new Uint8Array(10); return [new TextEncoder().encodeInto('aé€😀x', b), [...b]]; })()`, `new TextEncoder().encodeInto('😀', new Uint8Array(3))`,
  `new TextDecoder().decode(new Uint8Array([97, 195, 169, 226, 130, 172, 240, 159, 152, 128]))`, `new TextDecoder().decode(new Uint8Array([239, 187, 191, 97]))`, `escape(new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array([239, 187, 191, 97])))`,
  ...[[255], [195], [195, 40], [226, 130], [226, 40, 161], [240, 159, 152], [240, 159, 40], [237, 160, 128], [192, 128], [224, 128, 128], [244, 144, 128, 128], [248, 136, 128], [97, 128, 98], [240, 144, 97, 226, 130]]
    .map((bytes) => `escape(new TextDecoder().decode(new Uint8Array(${JSON.stringify(bytes)})))`),
  `attempt(() => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255])))`, `new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([97]))`, `attempt(() => new TextDecoder('nope'))`,
  `(() => { const d = new TextDecoder(); return [[226], [130], [172, 240, 159], [152, 128, 97], [195]].map((b) => escape(d.decode(new Uint8Array(b), { stream: true }))).concat(escape(d.decode())); })()`,
  `(() => { const d = new TextDecoder(); return [[239], [187, 191], [239, 187, 191, 97], [224, 128], [240, 40]].map((b) => escape(d.decode(new Uint8Array(b), { stream: true }))).concat(escape(d.decode())); })()`,
  `(() => { const d = new TextDecoder('utf-16le'); return [[97], [0, 61], [216, 0], [222]].map((b) => d.decode(new Uint8Array(b), { stream: true })).concat(escape(d.decode())); })()`,
  `new TextDecoder('utf-16le').decode(new Uint8Array([255, 254, 97, 0, 98, 0]))`, `new TextDecoder('utf-16').decode(new Uint16Array([0x61, 0xd83d, 0xde00]))`, `escape(new TextDecoder('utf-16le').decode(new Uint8Array([0, 216, 97, 0, 98])))`, `new TextDecoder('utf-16be').decode(new Uint8Array([0, 97, 0x20, 0xac]))`,
  `attempt(() => new TextDecoder('utf-16le', { fatal: true }).decode(new Uint8Array([0, 216])))`,
  `['utf8', 'UTF-8', ' utf-8 ', 'unicode-1-1-utf-8', 'latin1', 'ascii', 'iso-8859-1', 'ucs-2', 'utf-16', 'windows-1252'].map((label) => new TextDecoder(label).encoding)`,
  `new TextDecoder().decode(new Uint8Array([97, 98]).buffer)`, `new TextDecoder().decode(new DataView(new Uint8Array([97, 98, 99]).buffer, 1))`, `new TextDecoder().decode()`, `inspect(new TextDecoder())`, `attempt(() => new TextDecoder().decode('x'))`,
  `(() => { const text = 'aé€😀'.repeat(10000); return new TextDecoder().decode(new TextEncoder().encode(text)) === text; })()`,
];

const cloneCases = [
  ...[`undefined`, `null`, `1`, `-0`, `'x'`, `1n`, `true`, `({ a: { b: [1, , 3] } })`, `Object.assign([1], { x: 1 })`, `new Map([[{ a: 1 }, new Set([1])]])`, `new Date(5)`, `new Date(NaN)`, `/a/gi`, `new Boolean(false)`, `new String('x')`, `Object(3n)`, `new Number(4)`,
    `new Error('m')`, `new RangeError('m', { cause: { a: 1 } })`, `new (class MyError extends TypeError {})('m')`, `new Uint8Array([1, 2])`, `new Float64Array(2)`, `new DataView(new ArrayBuffer(4), 1, 2)`, `new ArrayBuffer(3)`, `new (class A { x = 1; get y() { return 2; } })()`,
    `({ get a() { return 1; } })`, `({ [Symbol('s')]: 1, a: 1 })`, `Object.create({ inherited: 1 })`, `Object.create(null)`].map((value) => `inspect(structuredClone(${value}))`),
  ...[`() => 1`, `function f() {}`, `Symbol('x')`, `Promise.resolve()`, `new WeakMap()`, `new WeakSet()`, `new WeakRef({})`, `({ a: [() => 2] })`, `new Proxy({}, {})`].map((value) => `(() => { try { structuredClone(${value}); } catch (e) { return [e.name, e.code, e.message, e instanceof DOMException]; } })()`),
  `(() => { const o = { a: {} }; o.self = o; o.a.up = o; const c = structuredClone(o); return [c !== o, c.self === c, c.a.up === c]; })()`, `(() => { const s = {}; const c = structuredClone([s, s]); return c[0] === c[1]; })()`,
  `(() => { const b = new ArrayBuffer(8); const c = structuredClone([new Uint8Array(b, 2, 3), new Uint16Array(b), b]); return [c[0].buffer === c[1].buffer, c[2] === c[0].buffer, c[0].byteOffset, c[0].length, c[1].length, c[2] === b]; })()`,
  `(() => { const m = new Map(); m.set('m', m); const c = structuredClone(m); return c.get('m') === c; })()`, `(() => { const c = structuredClone(new RangeError('m')); return [c instanceof RangeError, c.name, c.message, Object.keys(c)]; })()`,
  `(() => { const b = new Uint8Array([1, 2]).buffer; const c = structuredClone({ b }, { transfer: [b] }); return [b.byteLength, [...new Uint8Array(c.b)]]; })()`, `(() => { const v = new Uint8Array([1, 2, 3]).subarray(1); const c = structuredClone(v, { transfer: [v.buffer] }); return [v.length, [...c], c.byteOffset]; })()`,
  `(() => { const b = new ArrayBuffer(1); try { structuredClone(b, { transfer: [b, b] }); } catch (e) { return e.name; } })()`, `(() => { try { structuredClone((function* () {})()); } catch (e) { return e.name; } })()`, `(() => { const c = structuredClone(Object.assign(new Error('m'), { name: 'Odd', extra: 1 })); return [c.name, c.message, c.extra]; })()`, `(() => { const b = new ArrayBuffer(2); try { structuredClone([b, () => 1], { transfer: [b] }); } catch { return b.byteLength; } })()`,
  `(() => { const b = new ArrayBuffer(2); structuredClone(b, { transfer: [b] }); try { structuredClone(b); } catch (e) { return e.name; } })()`, `(() => { try { structuredClone(); } catch (e) { return [e.name, e.code]; } })()`, `(() => { const p = structuredClone(JSON.parse('{"__proto__": 1}')); return Object.keys(p); })()`,
];

const abortCases = [
  `(() => { const c = new AbortController(); const log = []; c.signal.onabort = (e) => log.push(e.type, e.isTrusted, e.target === c.signal); c.signal.addEventListener('abort', () => log.push('listener')); c.abort('why'); c.abort('again'); return [log, c.signal.aborted, c.signal.reason]; })()`,
  `(() => { const c = new AbortController(); c.abort(); const { name, message, code } = c.signal.reason; return [name, message, code]; })()`, `(() => { const s = AbortSignal.abort(); try { s.throwIfAborted(); } catch (e) { return e === s.reason; } })()`, `AbortSignal.abort(5).reason`, `attempt(() => new AbortSignal())`, `new AbortController().signal.throwIfAborted() === undefined`,
  `(() => { const a = new AbortController(), b = new AbortController(); const any = AbortSignal.any([a.signal, b.signal]); const log = []; any.onabort = () => log.push('any'); b.abort(1); a.abort(2); return [any.aborted, any.reason, log]; })()`,
  `(() => { const a = new AbortController(); const one = AbortSignal.any([a.signal]); const two = AbortSignal.any([one]); const log = []; two.addEventListener('abort', () => log.push(one.aborted)); a.abort(7); return [two.reason, log]; })()`, `AbortSignal.any([AbortSignal.abort('x'), AbortSignal.abort('y')]).reason`, `AbortSignal.any([]).aborted`,
  `(() => { const c = new AbortController(); const t = new EventTarget(); const log = []; t.addEventListener('x', () => log.push(1), { signal: c.signal }); t.dispatchEvent(new Event('x')); c.abort(); t.dispatchEvent(new Event('x')); return log; })()`, `(() => { const t = new EventTarget(); const log = []; t.addEventListener('x', () => log.push(1), { signal: AbortSignal.abort() }); t.dispatchEvent(new Event('x')); return log; })()`,
  `(() => { const t = new EventTarget(); const log = []; const f = () => log.push('f'); t.addEventListener('x', f); t.addEventListener('x', f); t.addEventListener('x', f, true); t.addEventListener('x', { handleEvent(e) { log.push(this !== t, e.target === t); } }); t.dispatchEvent(new Event('x')); t.removeEventListener('x', f); t.dispatchEvent(new Event('x')); return log; })()`,
  `(() => { const t = new EventTarget(); let n = 0; t.addEventListener('x', () => n++, { once: true }); t.dispatchEvent(new Event('x')); t.dispatchEvent(new Event('x')); return n; })()`, `(() => { const t = new EventTarget(); const log = []; t.addEventListener('x', (e) => { log.push(1); e.stopImmediatePropagation(); }); t.addEventListener('x', () => log.push(2)); t.dispatchEvent(new Event('x')); return log; })()`,
  `(() => { const t = new EventTarget(); t.addEventListener('x', (e) => e.preventDefault()); return [t.dispatchEvent(new Event('x')), t.dispatchEvent(new Event('x', { cancelable: true }))]; })()`,
  `(() => { const e = new Event('x', { bubbles: true }); return [e.type, e.bubbles, e.cancelable, e.composed, e.defaultPrevented, e.target, e.currentTarget, e.eventPhase, e.isTrusted, e.composedPath().length, Event.AT_TARGET]; })()`, `(() => { class T extends EventTarget {} const t = new T(); let that; t.addEventListener('x', function () { that = this; }); const e = new Event('x'); t.dispatchEvent(e); return [that === t, e.target === t, e.currentTarget]; })()`,
  `(() => { const t = new EventTarget(); const log = []; t.addEventListener('x', () => { log.push(1); t.removeEventListener('x', third); }); function third() { log.push(3); } t.addEventListener('x', third); t.dispatchEvent(new Event('x')); return log; })()`,
  `attempt(() => new Event())`, `(() => { try { new EventTarget().dispatchEvent({}); } catch (e) { return [e.name, e.code]; } })()`, `(() => { try { new EventTarget().addEventListener('x', 5); } catch (e) { return [e.name, e.code]; } })()`, `(() => { const t = new EventTarget(); let name; t.addEventListener('x', (e) => { try { t.dispatchEvent(e); } catch (error) { name = error.name || 'Error'; } }); t.dispatchEvent(new Event('x')); return typeof name; })()`,
  `inspect([new EventTarget(), new AbortController(), AbortSignal.abort()])`, `inspect(new Event('x')).replace(/timeStamp: .*/, '')`, `Object.prototype.toString.call(new AbortController().signal)`, `(() => { try { AbortSignal.timeout(-1); } catch (e) { return [e.name, e.code]; } })()`,
  `(() => { const c = new AbortController(); const log = []; c.signal.onabort = () => log.push(1); c.signal.onabort = () => log.push(2); c.abort(); const d = new AbortController(); d.signal.onabort = () => log.push(3); d.signal.onabort = null; d.abort(); return [log, d.signal.onabort]; })()`,
];

// `printed` gives what a function prints, with the number of the stream.
const consoleCases = [
  `c.log()`, `c.log('a')`, `c.log('a', 1, true, null, undefined, 2n, -0, Symbol('s'))`, `c.log(1)`, `c.log(-0)`, `c.log({ a: 1 }, [1])`, `c.log('%s is %d', 'x', 5, 'rest')`, `c.log('%', 1)`, `c.log(1, '%s')`, `c.log('100%')`, `c.log('a\\nb', 'c')`, `c.info(1); c.debug(2); c.warn(3); c.error({ a: 4 })`, `c.log([['x']], new Map([[1, 2]]))`,
  `c.group('G'); c.log('a\\nb'); c.group(); c.log({ a: 'x'.repeat(60), b: 'y'.repeat(30) }); c.groupEnd(); c.log('c'); c.groupEnd(); c.groupEnd(); c.log('d')`, `c.groupCollapsed('%s!', 'G'); c.error('e')`,
  `c.count(); c.count(); c.count('x'); c.countReset(); c.count()`, `c.assert(true, 'no'); c.assert(false); c.assert(false, 'text'); c.assert(0, 'f %d', 1, 2)`, `c.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 }); c.dir({ [inspect.custom]() { return 'x'; } }); c.dirxml(1, { a: 1 })`,
  `const { log } = c; log('detached')`, `c.table([[1, 2], [3, 4]])`, `c.table({ a: { x: 1 }, b: { y: 2 } })`, `c.table([1, 'a', { z: 1 }])`, `c.table(new Map([['a', 1], [{ b: 1 }, [2]]]))`, `c.table(new Set([1, { a: 1, b: 2, c: 3 }]))`, `c.table([{ a: 1, b: 2 }], ['b'])`, `c.table([1], ['b'])`, `c.table([])`, `c.table(5)`, `c.table('x')`, `c.table(null)`,
  `c.table([[1, [2, [3]]]])`, `c.table([{ a: '日本' }, { a: 'b' }])`, `c.table([() => 1])`, `c.table([{ a: 1, b: { c: { d: 1 } } }])`, `c.table([{ name: 'x', v: 1.5 }, { name: 'yy', v: -2 }, { other: null }])`, `c.table(['a', 'b'])`, `c.group(); c.table([1])`, `c.table({})`, `c.table([{ a: [1, 2, 3, 4, 5] }])`,
  `c.trace('t %s', 1)`, `c.trace()`,
].map((code) => `printed((c) => { ${code} })`).concat([
  `Object.prototype.toString.call(console)`, `[console.log.name, console.error.name, console.groupCollapsed.name]`,
]);

function printed(run) {
  const chunks = [];
  const stream = (fd) => new Writable({ write(chunk, encoding, done) { chunks.push(`${fd}:${chunk}`); done(); } });
  run(new Console({ stdout: stream(1), stderr: stream(2) }));
  return chunks.join('');
}

function normalized(value) {
  const text = typeof value === 'string' ? value : `${JSON.stringify(value)}`;
  return text.replace(/(\n *(at|\.\.\. \d+ lines matching) [^\n]*)+/g, '\n    at <frames>');
}

function attempt(run) {
  try {
    return run();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

function expectedOf(code) {
  const run = new Function('inspect', 'format', 'attempt', 'printed', `return (${code});`);
  return normalized(run(inspect, format, attempt, printed));
}

const groups = {
  inspect: [...values.map((value) => `inspect(${value})`), ...texts],
  url: urlCases,
  encoding: encodingCases,
  clone: cloneCases,
  abort: abortCases,
  console: consoleCases,
};
const expected = {};
for (const [name, codes] of Object.entries(groups)) {
  expected[name] = codes.map((code) => ({ code, expected: expectedOf(code) }));
}
writeFileSync(new URL('expected.json', import.meta.url), `${JSON.stringify(expected, null, 1)}\n`);
for (const [name, cases] of Object.entries(expected)) console.log(name, cases.length);
