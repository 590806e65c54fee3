'use strict';

// format(...): the text for the arguments of console.log, with the conversions %s,
// %d, %i, %f, %j, %o, %O and %c.

const {
  NumberConvert, StringConvert, brandOfPrototype, getOwnPropertyDescriptor, hasOwn, isError,
  jsonStringify, mapGet, numberParseFloat, numberParseInt, stringIncludes, stringIndexOf,
  stringSlice,
} = require('primordials');
const { copyOptions, inspect } = require('inspect');
const { bigintText, numberText } = require('literals');
const { dataOf, isProxy, prototypesOf } = require('objects');

function withOptions(options, changes) {
  return copyOptions(copyOptions({ __proto__: null }, options), changes);
}

// True if converting the object to a string would run only built-in code.
function hasBuiltinToString(value) {
  if (isProxy(value)) return true;
  const prototypes = prototypesOf(value);
  if (hasOwn(value, 'toString')) return false;
  for (let i = 0; i < prototypes.length; i++) {
    if (hasOwn(prototypes[i], 'toString')) return mapGet(brandOfPrototype, prototypes[i]) !== undefined;
  }
  return true;
}

function formatAsString(value, options) {
  if (typeof value === 'number') return numberText(value, false);
  if (typeof value === 'bigint') return bigintText(value, false);
  const isObject = typeof value === 'object' && value !== null;
  if (!isObject || !hasBuiltinToString(value)) return StringConvert(value);
  return inspect(value, withOptions(options, { __proto__: null, depth: 0, colors: false, compact: 3 }));
}

function formatAsNumber(value, convert) {
  if (typeof value === 'bigint' && convert !== numberParseFloat) return bigintText(value, false);
  return numberText(typeof value === 'symbol' ? NaN : convert(value), false);
}

function formatAsJSON(value) {
  try {
    return StringConvert(jsonStringify(value));
  } catch (error) {
    // The engine's message about a cycle; errors from toJSON are the script's.
    const message = isError(error) ? dataOf(getOwnPropertyDescriptor(error, 'message')) : '';
    if (typeof message === 'string' && stringIncludes(message, 'circular')) return '[Circular]';
    throw error;
  }
}

const conversions = {
  __proto__: null,
  s: formatAsString,
  d: (value) => formatAsNumber(value, NumberConvert),
  i: (value) => formatAsNumber(value, numberParseInt),
  f: (value) => formatAsNumber(value, numberParseFloat),
  j: formatAsJSON,
  o: (value, options) =>
    inspect(value, withOptions(options, { __proto__: null, showHidden: true, showProxy: true, depth: 4 })),
  O: inspect,
  c: () => '', // CSS, which a terminal has no use for
};

// `list` holds the arguments of console.log: a text that may have conversions,
// and values.
function formatList(options, list) {
  let next = 0;
  let result = '';
  if (list.length > 0 && typeof list[0] === 'string') {
    const template = list[0];
    if (list.length === 1) return template;
    next = 1;
    let start = 0;
    let i = stringIndexOf(template, '%');
    for (; i !== -1 && i < template.length - 1; i = stringIndexOf(template, '%', i)) {
      const letter = template[i + 1];
      i += 2;
      if (letter === '%') {
        result += stringSlice(template, start, i - 1);
        start = i;
      } else if (conversions[letter] !== undefined && next < list.length) {
        result += stringSlice(template, start, i - 2) + conversions[letter](list[next], options);
        start = i;
        next++;
      } else {
        i--;
      }
    }
    result += stringSlice(template, start);
  }
  for (; next < list.length; next++) {
    const value = list[next];
    if (next > 0) result += ' ';
    result += typeof value === 'string' ? value : inspect(value, options);
  }
  return result;
}

exports.formatList = formatList;
