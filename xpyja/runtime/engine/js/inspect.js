'use strict';

// inspect(value): the text that console.log prints for a value, the same as
// Node.js 20 prints.
//
// Inspecting never runs the script's code: getters are not called, proxies are
// not asked, and toString/toJSON are not used. The exceptions are explicit
// requests: an [inspect.custom] method, and the `getters` and `sorted` options.
// format.js has others: the conversions %s, %d, %i, %f and %j.

const {
  DateConstructor, StringConvert, Uint8ArrayConstructor, apply, arrayBufferByteLength,
  arrayBufferDetached, arrayJoin, arraySlice, arraySort, arraySplice, dataViewBuffer,
  dataViewByteLength, dataViewByteOffset, dateGetTime, dateToISOString, dateToString,
  defineProperty, domExceptionMessage, domExceptionName, errorStack, functionToString,
  getOwnPropertyDescriptor, getOwnPropertyNames, getOwnPropertySymbols, getPrototypeOf, hasOwn,
  inspectCustom, isArray, isEnumerable, isError, mapForEach, mapSize, mathMax, mathMin,
  numberToString, objectKeys, objectToString, regexpExec, regexpFlagGetters, regexpSource,
  setForEach, setSize, sharedArrayBufferByteLength, stringEndsWith, stringIncludes, stringIndexOf,
  stringPadStart, stringRepeat, stringSlice, stringStartsWith, stringValueOf, symbolIterator,
  symbolToString, symbolToStringTag, typedArrayBuffer, typedArrayByteLength, typedArrayByteOffset,
  typedArrayLength, typedArrayName,
} = require('primordials');
const {
  accessorOf, brandChecks, brandOf, dataOf, findProperty, functionName, includes, isProxy,
  prototypesOf,
} = require('objects');
const { joinEntries } = require('entries');
const { bigintText, escapeText, numberText, quote } = require('literals');
const { indented, plural, splitLines, widthOf } = require('text');

// Options -------------------------------------------------------------------

const defaultOptions = {
  __proto__: null,
  showHidden: false,
  depth: 2,
  colors: false,
  customInspect: true,
  showProxy: false,
  maxArrayLength: 100,
  maxStringLength: 10000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false,
};
const optionNames = objectKeys(defaultOptions);

const colors = {
  __proto__: null,
  reset: [0, 0],
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  inverse: [7, 27],
  black: [30, 39],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
  white: [37, 39],
  gray: [90, 39],
  grey: [90, 39],
};

const styles = {
  __proto__: null,
  special: 'cyan',
  number: 'yellow',
  bigint: 'yellow',
  boolean: 'yellow',
  undefined: 'grey',
  null: 'bold',
  string: 'green',
  symbol: 'green',
  date: 'magenta',
  regexp: 'red',
  module: 'underline',
};

function stylizeWithColor(text, style) {
  const color = colors[styles[style]];
  return color === undefined ? text : '\x1b[' + color[0] + 'm' + text + '\x1b[' + color[1] + 'm';
}

function stylizePlain(text) {
  return text;
}

// Own properties only, so that a polluted Object.prototype sets no options.
function copyOptions(target, options) {
  if (options === null || typeof options !== 'object') return target;
  for (let i = 0; i < optionNames.length; i++) {
    const name = optionNames[i];
    if (hasOwn(options, name)) target[name] = options[name];
  }
  return target;
}

function createContext(options) {
  const context = copyOptions(copyOptions({ __proto__: null }, defaultOptions), options);
  if (context.maxArrayLength === null) context.maxArrayLength = Infinity;
  if (context.maxStringLength === null) context.maxStringLength = Infinity;
  if (context.depth === null) context.depth = Infinity;
  if (context.compact === false) context.compact = 0;
  context.stylize = context.colors ? stylizeWithColor : stylizePlain;
  context.seen = []; // the objects that are being formatted, outermost first
  context.circular = []; // those of them that were met again, by reference number
  context.indentation = 0;
  context.currentDepth = 0; // of the innermost object formatted last
  return context;
}

// Names and keys -------------------------------------------------------------

// The name of the class of a value; null for an object without a prototype.
function constructorNameOf(context, value, prototypes) {
  for (let i = -1; i < prototypes.length; i++) {
    const holder = i < 0 ? value : prototypes[i];
    const constructor = dataOf(getOwnPropertyDescriptor(holder, 'constructor'));
    if (typeof constructor !== 'function' || isProxy(constructor)) continue;
    const name = functionName(constructor);
    const prototype = dataOf(getOwnPropertyDescriptor(constructor, 'prototype'));
    if (name !== '' && includes(prototypes, prototype)) return name;
  }
  if (getPrototypeOf(value) === null) return null;
  if (prototypes.length === 0) return 'Object'; // inherits from a proxy
  const first = prototypes[0];
  const name = constructorNameOf(context, first, prototypesOf(first));
  if (name !== null) return 'Object <' + name + '>';
  return 'Object <' + inspect(first, { __proto__: null, depth: -1, customInspect: false }) + '>';
}

function tagOf(context, value, prototypes, brand) {
  // The tag of typed arrays is the only built-in one that is an accessor.
  const property = brand === 'TypedArray' ? undefined : findProperty(value, prototypes, symbolToStringTag);
  const tag = brand === 'TypedArray' ? typedArrayName(value) : dataOf(property);
  if (typeof tag !== 'string' || tag === '') return '';
  // An own tag that is listed among the properties is not shown twice.
  const isListed = context.showHidden ? hasOwn : isEnumerable;
  return isListed(value, symbolToStringTag) ? '' : tag;
}

function ownKeys(value, showHidden) {
  const keys = showHidden ? getOwnPropertyNames(value) : objectKeys(value);
  const symbols = getOwnPropertySymbols(value);
  for (let i = 0; i < symbols.length; i++) {
    if (showHidden || isEnumerable(value, symbols[i])) keys[keys.length] = symbols[i];
  }
  return keys;
}

const indexPattern = /^(?:0|[1-9][0-9]{0,9})$/;

function isIndex(key) {
  return typeof key === 'string' && regexpExec(indexPattern, key) !== null && +key < 2 ** 32 - 1;
}

// The keys besides the elements. Engines list the indices first.
function nonIndexKeys(value, showHidden) {
  const keys = ownKeys(value, showHidden);
  let start = keys.length;
  while (start > 0 && !isIndex(keys[start - 1])) start--;
  return start === 0 ? keys : arraySlice(keys, start);
}

// Primitives ----------------------------------------------------------------------

function formatString(context, stylize, text) {
  let trailer = '';
  const maximum = mathMax(context.maxStringLength, 0);
  if (text.length > maximum) {
    trailer = '... ' + plural(text.length - maximum, 'more character');
    text = stringSlice(text, 0, maximum);
  }
  // A long text with several lines is shown with a line each.
  if (context.compact !== true && text.length > 16 &&
      text.length > context.breakLength - context.indentation - 4 && stringIncludes(text, '\n')) {
    const lines = splitLines(text);
    const parts = [];
    for (let i = 0; i < lines.length; i++) {
      const line = i < lines.length - 1 ? lines[i] + '\n' : lines[i];
      if (line !== '') parts[parts.length] = stylize(quote(line), 'string');
    }
    return arrayJoin(parts, ' +\n' + stringRepeat(' ', context.indentation + 2)) + trailer;
  }
  return stylize(quote(text), 'string') + trailer;
}

function formatPrimitive(context, stylize, value) {
  switch (typeof value) {
    case 'string': return formatString(context, stylize, value);
    case 'number': return stylize(numberText(value, context.numericSeparator), 'number');
    case 'bigint': return stylize(bigintText(value, context.numericSeparator), 'bigint');
    case 'boolean': return stylize(value ? 'true' : 'false', 'boolean');
    case 'symbol': return stylize(escapeText(symbolToString(value), false), 'symbol');
    case 'undefined': return stylize('undefined', 'undefined');
    default: return stylize('null', 'null');
  }
}

// Values ----------------------------------------------------------------------------

// `depth` counts the objects around the value; `inTypedArray` is set for the
// buffer of a typed array, whose bytes have been shown already.
function formatValue(context, value, depth, inTypedArray) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
    return formatPrimitive(context, context.stylize, value);
  }
  if (isProxy(value)) return formatProxy(context, value, depth);
  const handle = internal.isHandle === undefined ? undefined : internal.isHandle(value);
  if (handle !== undefined) return context.stylize('[' + handle + ']', 'special');

  const prototypes = prototypesOf(value);
  if (context.customInspect) {
    const text = formatCustom(context, value, prototypes, depth);
    if (text !== undefined) return text;
  }
  if (includes(context.seen, value)) return formatCircular(context, value);
  return formatObject(context, value, prototypes, depth, inTypedArray);
}

// A proxy is shown as its target, as far as the runtime can tell the target.
function formatProxy(context, proxy, depth) {
  const details = internal.proxyDetails === undefined ? undefined : internal.proxyDetails(proxy);
  if (details === undefined || details === null) return context.stylize('[Proxy]', 'special');
  const target = details[0];
  const handler = details[1];
  if (target === null) return context.stylize('<Revoked Proxy>', 'special');
  if (!context.showProxy) return formatValue(context, target, depth);
  if (depth > context.depth) return context.stylize('Proxy [Array]', 'special');
  context.indentation += 2;
  const parts = [formatValue(context, target, depth + 1), formatValue(context, handler, depth + 1)];
  context.indentation -= 2;
  return joinEntries(context, parts, '', 'Proxy [', ']', true, depth + 1);
}

function formatCustom(context, value, prototypes, depth) {
  const method = dataOf(findProperty(value, prototypes, inspectCustom));
  if (typeof method !== 'function' || method === inspect) return undefined;
  // Not for the prototype object itself, which only holds the method.
  const constructor = dataOf(findProperty(value, prototypes, 'constructor'));
  if (typeof constructor === 'function' && !isProxy(constructor) &&
      dataOf(getOwnPropertyDescriptor(constructor, 'prototype')) === value) return undefined;

  const options = copyOptions({}, context);
  options.stylize = context.stylize;
  let result;
  try {
    result = apply(method, value, [context.depth - depth, options, inspect]);
    // Inside the try: converting a strange result may throw, too.
    if (result !== value && result !== null && typeof result !== 'object') {
      return indented(StringConvert(result), context.indentation);
    }
  } catch {
    return undefined;
  }
  return result === value ? undefined : formatValue(context, result, depth);
}

function formatCircular(context, value) {
  let index = 0;
  while (index < context.circular.length && context.circular[index] !== value) index++;
  context.circular[index] = value;
  return context.stylize('[Circular *' + (index + 1) + ']', 'special');
}

// `Class(size) [tag] `, or `[Kind(size): null prototype] [tag] `.
function prefixOf(constructor, tag, fallback, size) {
  if (constructor === null) {
    const shownTag = tag !== '' && tag !== fallback ? '[' + tag + '] ' : '';
    return '[' + fallback + size + ': null prototype] ' + shownTag;
  }
  return constructor + size + ' ' + (tag !== '' && tag !== constructor ? '[' + tag + '] ' : '');
}

// How an object is laid out: `base` comes before the braces, `list` makes the
// entries that come before the properties. An object with nothing between its
// braces is shown as `bare`, if there is one.
function layoutOf(context, value, prototypes, depth, inTypedArray) {
  const brand = brandOf(value, prototypes);
  const constructor = constructorNameOf(context, value, prototypes);
  const tag = tagOf(context, value, prototypes, brand);
  const layout = {
    __proto__: null,
    base: '', open: '', close: '}', bare: undefined, list: undefined, isArray: false,
    keys: undefined, tooDeep: undefined,
  };
  const prefix = (fallback, size) => prefixOf(constructor, tag, fallback, size === undefined ? '' : '(' + size + ')');

  if (brand === 'Array' || brand === 'TypedArray') {
    const isTyped = brand === 'TypedArray';
    const length = isTyped ? typedArrayLength(value) : value.length;
    const plain = !isTyped && constructor === 'Array' && tag === '';
    layout.open = plain ? '[' : prefix(isTyped ? typedArrayName(value) : brand, length) + '[';
    layout.close = ']';
    layout.keys = nonIndexKeys(value, context.showHidden);
    layout.isArray = true;
    if (isTyped) layout.list = listTypedArray;
    else layout.list = listArray;
    if (length === 0 && !(isTyped && context.showHidden)) layout.bare = layout.open + ']';
  } else {
    layout.keys = ownKeys(value, context.showHidden);
    switch (brand) {
      case 'Set':
      case 'Map': {
        const size = brand === 'Set' ? setSize(value) : mapSize(value);
        layout.open = prefix(brand, size) + '{';
        layout.list = brand === 'Set' ? listSet : listMap;
        if (size === 0) layout.bare = layout.open + '}';
        break;
      }
      case 'Function':
        layout.base = functionBase(value, prototypes, constructor, tag);
        layout.bare = context.stylize(layout.base, 'special');
        break;
      case 'RegExp':
        layout.base = withPrefix(prefix(brand), 'RegExp ', regexpText(value));
        layout.bare = context.stylize(layout.base, 'regexp');
        layout.tooDeep = layout.bare;
        break;
      case 'Date': {
        const time = dateGetTime(value);
        // The text of an invalid date is found with a date of our own: a
        // subclass may have its own ideas.
        const text = time === time ? dateToISOString(value) : dateToString(new DateConstructor(NaN));
        layout.base = withPrefix(prefix(brand), 'Date ', text);
        layout.bare = context.stylize(layout.base, 'date');
        break;
      }
      case 'Error':
      case 'DOMException':
        layout.base = errorText(context, value, prototypes, brand, constructor, tag, layout.keys);
        layout.bare = layout.base;
        break;
      case 'ArrayBuffer':
      case 'SharedArrayBuffer':
        layout.open = prefix(brand) + '{';
        layout.list = (ctx, buffer) => listArrayBuffer(ctx, buffer, brand, inTypedArray);
        break;
      case 'DataView':
        layout.open = prefix(brand) + '{';
        layout.list = listDataView;
        break;
      case 'Promise':
        layout.open = prefix(brand) + '{';
        if (internal.promiseState === undefined) layout.bare = layout.open + '}';
        layout.list = listPromise;
        break;
      case 'WeakMap':
      case 'WeakSet':
        layout.open = prefix(brand) + '{';
        layout.list = (ctx) => [ctx.stylize('<items unknown>', 'special')];
        break;
      case 'Number':
      case 'String':
      case 'Boolean':
      case 'BigInt':
      case 'Symbol':
        layout.base = boxedText(context, value, brand, constructor, tag);
        if (brand === 'String') layout.keys = arraySlice(layout.keys, stringValueOf(value).length);
        layout.bare = context.stylize(layout.base, boxedStyles[brand]);
        break;
      default:
        if (isModule(value, tag)) {
          layout.open = prefix('Module') + '{';
        } else if (constructor !== 'Object' || tag !== '') {
          layout.open = prefix('Object') + '{';
        } else {
          layout.open = isArguments(value, prototypes) ? '[Arguments] {' : '{';
        }
        layout.bare = layout.open + '}';
    }
    if (layout.base !== '') layout.open = '{';
  }
  if (layout.tooDeep === undefined) {
    const name = stringSlice(prefix(brand === 'Array' ? 'Array' : 'Object'), 0, -1);
    layout.tooDeep = context.stylize(constructor === null ? name : '[' + name + ']', 'special');
  }
  return layout;
}

function formatObject(context, value, prototypes, depth, inTypedArray) {
  const { indentation } = context;
  const level = context.seen.length;
  let layout;
  try {
    layout = layoutOf(context, value, prototypes, depth, inTypedArray);
    if (layout.bare !== undefined && layout.keys.length === 0) return layout.bare;
    if (depth > context.depth) return layout.tooDeep;
    return formatEntries(context, value, layout, depth + 1);
  } catch (error) {
    // The stack is exhausted, or something is inaccessible: show what it is,
    // and go on with the rest.
    context.indentation = indentation;
    context.seen.length = level;
    const name = constructorNameOf(context, value, prototypes) ?? 'Object: null prototype';
    const reason = isError(error) ? dataOf(getOwnPropertyDescriptor(error, 'message')) : undefined;
    return context.stylize('[' + name + ': Inspection interrupted prematurely. ' + reason + ']', 'special');
  }
}

function formatEntries(context, value, layout, depth) {
  const { seen, circular, stylize } = context;
  let { base, open } = layout;
  const { keys } = layout;
  seen[seen.length] = value;
  context.currentDepth = depth;

  const output = layout.list === undefined ? [] : layout.list(context, value, depth);
  const listed = output.length;
  const kind = layout.isArray ? EXTRA_KEY : PROPERTY;
  for (let i = 0; i < keys.length; i++) {
    output[output.length] = formatProperty(context, value, depth, keys[i], kind);
  }

  for (let i = 0; i < circular.length; i++) {
    if (circular[i] !== value) continue;
    const reference = stylize('<ref *' + (i + 1) + '>', 'special');
    if (context.compact === true) open = reference + ' ' + open;
    else base = base === '' ? reference : reference + ' ' + base;
  }
  seen.length--;

  if (context.sorted) {
    const comparator = context.sorted === true ? undefined : context.sorted;
    if (!layout.isArray) {
      arraySort(output, comparator);
    } else if (keys.length > 1) {
      const sorted = arraySort(arraySlice(output, listed), comparator);
      for (let i = 0; i < sorted.length; i++) output[listed + i] = sorted[i];
    }
  }
  return joinEntries(context, output, base, open, layout.close, layout.isArray, depth, value);
}

// Properties --------------------------------------------------------------------------

const PROPERTY = 0; // of an object
const ELEMENT = 1; // of an array
const EXTRA_KEY = 2; // of an array, besides the elements

const identifierPattern = /^[a-zA-Z_][a-zA-Z_0-9]*$/;

function formatKey(context, key, enumerable) {
  const { stylize } = context;
  if (typeof key === 'symbol') return '[' + stylize(escapeText(symbolToString(key), false), 'symbol') + ']';
  if (key === '__proto__') return "['__proto__']";
  if (!enumerable) return '[' + escapeText(key, false) + ']';
  if (regexpExec(identifierPattern, key) !== null) return stylize(key, 'name');
  return stylize(quote(key), 'string');
}

function formatProperty(context, value, depth, key, kind) {
  let descriptor;
  try {
    descriptor = getOwnPropertyDescriptor(value, key);
  } catch {
    // The binding of a module that has not run so far.
    return formatKey(context, key, true) + ': ' + context.stylize('<uninitialized>', 'special');
  }
  let separator = ' ';
  let text;
  if (hasOwn(descriptor, 'value')) {
    const step = context.compact === true && kind === PROPERTY ? 3 : 2;
    context.indentation += step;
    text = formatValue(context, descriptor.value, depth);
    if (step === 3 && context.breakLength < widthOf(text)) {
      separator = '\n' + stringRepeat(' ', context.indentation);
    }
    context.indentation -= step;
  } else {
    text = formatAccessor(context, value, depth, descriptor);
  }
  if (kind === ELEMENT) return text;
  return formatKey(context, key, accessorOf(descriptor, 'enumerable')) + ':' + separator + text;
}

function formatAccessor(context, value, depth, descriptor) {
  const { stylize } = context;
  const get = accessorOf(descriptor, 'get');
  const set = accessorOf(descriptor, 'set');
  if (get === undefined) return set === undefined ? stylize('undefined', 'undefined') : stylize('[Setter]', 'special');
  const label = set === undefined ? 'Getter' : 'Getter/Setter';
  const { getters } = context;
  const isWanted = getters === true || getters === (set === undefined ? 'get' : 'set');
  if (!isWanted) return stylize('[' + label + ']', 'special');
  let result;
  try {
    result = apply(get, value, []);
  } catch (error) {
    const message = isError(error) ? dataOf(getOwnPropertyDescriptor(error, 'message')) : '';
    return stylize('[' + label + ': <Inspection threw (' + message + ')>]', 'special');
  }
  if (result !== null && (typeof result === 'object' || typeof result === 'function')) {
    context.indentation += 2;
    const text = formatValue(context, result, depth);
    context.indentation -= 2;
    return stylize('[' + label + ']', 'special') + ' ' + text;
  }
  const text = formatPrimitive(context, stylize, result);
  return stylize('[' + label + ':', 'special') + ' ' + text + stylize(']', 'special');
}

// Lists of entries ----------------------------------------------------------------------

function limited(context, length) {
  return mathMin(mathMax(0, context.maxArrayLength), length);
}

function addMore(output, remaining) {
  if (remaining > 0) output[output.length] = '... ' + plural(remaining, 'more item');
}

function listArray(context, array, depth) {
  const output = [];
  const { length } = array;
  const maximum = limited(context, length);
  let index = 0;
  while (index < length && output.length < maximum) {
    if (hasOwn(array, index)) {
      output[output.length] = formatProperty(context, array, depth, index, ELEMENT);
      index++;
    } else {
      const end = endOfHole(array, index);
      output[output.length] = context.stylize('<' + plural(end - index, 'empty item') + '>', 'undefined');
      index = end;
    }
  }
  addMore(output, length - index);
  return output;
}

// The next element after a hole. A short hole is walked through; for one that
// may be billions wide the list of keys says where it ends.
function endOfHole(array, index) {
  const { length } = array;
  const limit = mathMin(length, index + 1000);
  while (index < limit && !hasOwn(array, index)) index++;
  if (index < limit || index === length) return index;
  const names = getOwnPropertyNames(array);
  for (let i = 0; i < names.length; i++) {
    if (isIndex(names[i]) && +names[i] >= index) return +names[i];
  }
  return length;
}

function listTypedArray(context, array, depth) {
  const output = [];
  const length = typedArrayLength(array);
  const maximum = limited(context, length);
  for (let i = 0; i < maximum; i++) output[i] = formatPrimitive(context, context.stylize, array[i]);
  addMore(output, length - maximum);
  if (context.showHidden) {
    context.indentation += 2;
    const text = (value) => formatValue(context, value, depth, true);
    const length = typedArrayLength(array);
    const byteLength = typedArrayByteLength(array);
    output[output.length] = '[BYTES_PER_ELEMENT]: ' + text(length === 0 ? 0 : byteLength / length);
    output[output.length] = '[length]: ' + text(length);
    output[output.length] = '[byteLength]: ' + text(byteLength);
    output[output.length] = '[byteOffset]: ' + text(typedArrayByteOffset(array));
    output[output.length] = '[buffer]: ' + text(typedArrayBuffer(array));
    context.indentation -= 2;
  }
  return output;
}

function listSet(context, set, depth) {
  const output = [];
  const size = setSize(set);
  const maximum = limited(context, size);
  context.indentation += 2;
  setForEach(set, (value) => {
    if (output.length < maximum) output[output.length] = formatValue(context, value, depth);
  });
  context.indentation -= 2;
  addMore(output, size - maximum);
  return output;
}

function listMap(context, map, depth) {
  const output = [];
  const size = mapSize(map);
  const maximum = limited(context, size);
  context.indentation += 2;
  mapForEach(map, (value, key) => {
    if (output.length >= maximum) return;
    output[output.length] = formatValue(context, key, depth) + ' => ' + formatValue(context, value, depth);
  });
  context.indentation -= 2;
  addMore(output, size - maximum);
  return output;
}

function listPromise(context, promise, depth) {
  if (internal.promiseState === undefined) return [];
  const state = internal.promiseState(promise);
  if (state[0] === 'pending') return [context.stylize('<pending>', 'special')];
  context.indentation += 2;
  const text = formatValue(context, state[1], depth);
  context.indentation -= 2;
  return [state[0] === 'rejected' ? context.stylize('<rejected>', 'special') + ' ' + text : text];
}

function listArrayBuffer(context, buffer, brand, inTypedArray) {
  const shared = brand === 'SharedArrayBuffer';
  const byteLength = shared ? sharedArrayBufferByteLength(buffer) : arrayBufferByteLength(buffer);
  const length = 'byteLength: ' + formatPrimitive(context, context.stylize, byteLength);
  if (inTypedArray) return [length];
  if (!shared && arrayBufferDetached(buffer)) return [context.stylize('(detached)', 'special'), length];
  const maximum = limited(context, byteLength);
  const bytes = new Uint8ArrayConstructor(buffer, 0, maximum);
  let hex = '';
  for (let i = 0; i < maximum; i++) {
    hex += (i === 0 ? '' : ' ') + stringPadStart(numberToString(bytes[i], 16), 2, '0');
  }
  if (byteLength > maximum) hex += ' ... ' + plural(byteLength - maximum, 'more byte');
  return [context.stylize('[Uint8Contents]', 'special') + ': <' + hex + '>', length];
}

function listDataView(context, view, depth) {
  context.indentation += 2;
  const text = (value) => formatValue(context, value, depth);
  const output = [
    'byteLength: ' + text(dataViewByteLength(view)),
    'byteOffset: ' + text(dataViewByteOffset(view)),
    'buffer: ' + text(dataViewBuffer(view)),
  ];
  context.indentation -= 2;
  return output;
}

// Bases ---------------------------------------------------------------------------------

function withPrefix(prefix, usual, text) {
  return prefix === usual ? text : prefix + text;
}

function regexpText(regexp) {
  let flags = '';
  for (let i = 0; i < regexpFlagGetters.length; i++) {
    const flag = regexpFlagGetters[i];
    if (flag.get(regexp)) flags += flag.letter;
  }
  return '/' + regexpSource(regexp) + '/' + flags;
}

const boxedStyles = {
  __proto__: null, Number: 'number', String: 'string', Boolean: 'boolean', BigInt: 'bigint', Symbol: 'symbol',
};

function boxedText(context, value, brand, constructor, tag) {
  let text = '[' + brand;
  if (constructor === null) text += ' (null prototype)';
  else if (constructor !== brand) text += ' (' + constructor + ')';
  text += ': ' + formatPrimitive(context, stylizePlain, brandChecks[brand](value)) + ']';
  return tag !== '' && tag !== constructor ? text + ' [' + tag + ']' : text;
}

function isModule(value, tag) {
  return tag === 'Module' && getPrototypeOf(value) === null && hasOwn(value, symbolToStringTag);
}

// The two own properties keep nearly all objects from the slower test.
function isArguments(value, prototypes) {
  return hasOwn(value, 'callee') && hasOwn(value, symbolIterator) &&
    findProperty(value, prototypes, symbolToStringTag) === undefined &&
    objectToString(value) === '[object Arguments]';
}

const functionKinds = ['AsyncGeneratorFunction', 'GeneratorFunction', 'AsyncFunction'];

function functionBase(value, prototypes, constructor, tag) {
  const source = functionToString(value);
  if (stringStartsWith(source, 'class') && stringEndsWith(source, '}')) {
    return classBase(value, prototypes, constructor, tag);
  }
  let kind = 'Function';
  if (includes(functionKinds, constructor)) kind = constructor;
  const name = functionName(value);
  let base = '[' + kind;
  if (constructor === null) base += ' (null prototype)';
  base += name === '' ? ' (anonymous)]' : ': ' + name + ']';
  if (constructor !== null && constructor !== kind) base += ' ' + constructor;
  return tag !== '' && tag !== constructor ? base + ' [' + tag + ']' : base;
}

function classBase(value, prototypes, constructor, tag) {
  const name = functionName(value);
  let base = 'class ' + (name === '' ? '(anonymous)' : name);
  if (constructor !== null && constructor !== 'Function') base += ' [' + constructor + ']';
  if (tag !== '' && tag !== constructor) base += ' [' + tag + ']';
  if (constructor === null) {
    base += ' extends [null prototype]';
  } else if (prototypes.length > 0) {
    const parent = functionName(prototypes[0]);
    if (parent !== '') base += ' extends ' + parent;
  }
  return '[' + base + ']';
}

// Errors --------------------------------------------------------------------------------

function primitiveText(value) {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject ? '' : StringConvert(value);
}

function errorHeader(name, message) {
  if (name === '') return message;
  return message === '' ? name : name + ': ' + message;
}

function frameIsInternal(frame) {
  return stringIncludes(frame, '(xpyja:') || stringStartsWith(frame, '    at xpyja:');
}

// The frames of a stack, without those of the runtime.
function framesText(stack) {
  const lines = splitLines(stack);
  const kept = [];
  for (let i = 0; i < lines.length; i++) {
    // The engine ends the last line, too.
    const isEnd = i === lines.length - 1 && lines[i] === '';
    if (!isEnd && !frameIsInternal(lines[i])) kept[kept.length] = lines[i];
  }
  return arrayJoin(kept, '\n');
}

// The stack of an error as Node's errors have it, with the header. The engine's
// stacks are only the frames, so the header is made here; a stack that was set
// by the script is taken as it is.
function stackOf(error, header) {
  const own = getOwnPropertyDescriptor(error, 'stack');
  const stack = own === undefined ? errorStack(error) : dataOf(own);
  if (typeof stack !== 'string') return header;
  const frames = framesText(stack);
  if (frames === '') return header;
  return stringStartsWith(frames, '    at ') ? header + '\n' + frames : frames;
}

function errorParts(error, prototypes, brand) {
  let name;
  let message;
  if (brand === 'DOMException') {
    name = domExceptionName(error);
    message = domExceptionMessage(error);
  } else {
    name = dataOf(findProperty(error, prototypes, 'name'));
    message = dataOf(findProperty(error, prototypes, 'message'));
  }
  name = name === undefined ? 'Error' : primitiveText(name);
  message = message === undefined ? '' : primitiveText(message);
  return { name, stack: stackOf(error, errorHeader(name, message)), message };
}

// Replaces the name in front of the stack by the class name, as far as the name
// does not say it: `Failure [Error]: message` for `class Failure extends Error`.
function withClassName(stack, name, constructor, tag) {
  const startsWithName = stringStartsWith(stack, name) &&
    (stack.length === name.length || stack[name.length] === ':' || stack[name.length] === '\n');
  if (constructor !== null && !(stringEndsWith(name, 'Error') && startsWithName)) return stack;
  const length = startsWithName ? name.length : 0;
  const prefix = stringSlice(prefixOf(constructor, tag, 'Error', ''), 0, -1);
  if (name === prefix) return stack;
  const rest = stringSlice(stack, length);
  if (!stringIncludes(prefix, name)) return prefix + ' [' + name + ']' + rest;
  return length === 0 ? prefix + ': ' + rest : prefix + rest;
}

// Frames that the stack shares with that of its cause are shown once.
function withoutSharedFrames(context, frames, cause) {
  if (cause === null || typeof cause !== 'object' || isProxy(cause) || !isError(cause)) return frames;
  const causeLines = splitLines(errorParts(cause, prototypesOf(cause), 'Error').stack);
  let shared = 0;
  while (shared < frames.length && shared < causeLines.length &&
         frames[frames.length - 1 - shared] === causeLines[causeLines.length - 1 - shared]) shared++;
  if (shared <= 3) return frames;
  const skipped = shared - 2;
  const note = context.stylize('    ... ' + skipped + ' lines matching cause stack trace ...', 'undefined');
  arraySplice(frames, frames.length - shared + 1, skipped, note);
  return frames;
}

// Also takes from `keys` the properties that the text shows, and adds those that
// are always shown.
function errorText(context, error, prototypes, brand, constructor, tag, keys) {
  const parts = errorParts(error, prototypes, brand);
  hideShownKeys(error, keys, parts.stack);
  const cause = dataOf(getOwnPropertyDescriptor(error, 'cause'));
  if (hasOwn(error, 'cause') && !includes(keys, 'cause')) keys[keys.length] = 'cause';
  const errors = dataOf(getOwnPropertyDescriptor(error, 'errors'));
  if (typeof errors === 'object' && !includes(keys, 'errors') && isArray(errors)) keys[keys.length] = 'errors';

  const stack = withClassName(parts.stack, parts.name, constructor, tag);
  const messageAt = stringIndexOf(stack, parts.message);
  const framesAt = stringIndexOf(stack, '\n    at', messageAt === -1 ? 0 : messageAt + parts.message.length);
  // Brackets show an error that has no frames.
  if (framesAt === -1) return indented('[' + stack + ']', context.indentation);
  const frames = withoutSharedFrames(context, splitLines(stringSlice(stack, framesAt + 1)), cause);
  return indented(stringSlice(stack, 0, framesAt) + '\n' + arrayJoin(frames, '\n'), context.indentation);
}

function hideShownKeys(error, keys, stack) {
  for (let i = keys.length - 1; i >= 0; i--) {
    const key = keys[i];
    if (key === 'stack') {
      arraySplice(keys, i, 1);
    } else if (key === 'name' || key === 'message') {
      const value = dataOf(getOwnPropertyDescriptor(error, key));
      if (typeof value === 'string' && stringIncludes(stack, value)) arraySplice(keys, i, 1);
    }
  }
}

// The exported function ------------------------------------------------------------------

// Also called as inspect(value, showHidden, depth, colors), the older form.
function inspect(value, options, depth, colored) {
  if (typeof options === 'boolean') {
    options = { __proto__: null, showHidden: options };
    if (depth !== undefined) options.depth = depth;
    if (colored !== undefined) options.colors = colored;
  }
  return formatValue(createContext(options), value, 0);
}

inspect.custom = inspectCustom;
inspect.colors = colors;
inspect.styles = styles;
// Assigning changes the given options and keeps the others.
defineProperty(inspect, 'defaultOptions', {
  __proto__: null,
  get: () => defaultOptions,
  set: (options) => copyOptions(defaultOptions, options),
});

exports.inspect = inspect;

// format.js is loaded only when it is used: it needs this file, too.
exports.format = function format(...args) {
  return require('format').formatList(undefined, args);
};
exports.formatWithOptions = function formatWithOptions(options, ...args) {
  return require('format').formatList(options, args);
};

// For the other files of this folder.
exports.copyOptions = copyOptions;
exports.framesText = framesText;
