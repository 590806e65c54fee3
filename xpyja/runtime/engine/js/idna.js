'use strict';

// International domain names: their ASCII form, with Punycode (RFC 3492).
//
// The mapping table of UTS #46 is not part of the program. Lower case and NFKC
// give the same result for nearly all names; characters that the table forbids
// are mostly accepted here.

const BASE = 36;
const MINIMUM = 1;
const MAXIMUM = 26;
const PREFIX = 'xn--';

// How the deltas change the threshold between the digits.
function adapt(delta, count, isFirst) {
  delta = Math.floor(delta / (isFirst ? 700 : 2));
  delta += Math.floor(delta / count);
  let k = 0;
  for (; delta > ((BASE - MINIMUM) * MAXIMUM) / 2; k += BASE) delta = Math.floor(delta / (BASE - MINIMUM));
  return k + Math.floor(((BASE - MINIMUM + 1) * delta) / (delta + 38));
}

function threshold(k, bias) {
  return Math.min(Math.max(k - bias, MINIMUM), MAXIMUM);
}

function encodePunycode(label) {
  const points = Array.from(label, (character) => character.codePointAt(0));
  const basic = points.filter((point) => point < 0x80);
  let result = String.fromCharCode(...basic) + (basic.length > 0 ? '-' : '');
  let handled = basic.length;
  let current = 0x80;
  let delta = 0;
  let bias = 72;
  while (handled < points.length) {
    const next = Math.min(...points.filter((point) => point >= current));
    delta += (next - current) * (handled + 1);
    current = next;
    for (const point of points) {
      if (point < current) delta++;
      if (point !== current) continue;
      let rest = delta;
      for (let k = BASE; ; k += BASE) {
        const limit = threshold(k, bias);
        if (rest < limit) break;
        const digit = limit + ((rest - limit) % (BASE - limit));
        result += digitOf(digit);
        rest = Math.floor((rest - limit) / (BASE - limit));
      }
      result += digitOf(rest);
      bias = adapt(delta, handled + 1, handled === basic.length);
      delta = 0;
      handled++;
    }
    delta++;
    current++;
  }
  return result;
}

// The digits are a to z, then 0 to 9.
function digitOf(value) {
  return String.fromCharCode(value < 26 ? value + 0x61 : value - 26 + 0x30);
}

function valueOf(digit) {
  if (/[a-z]/.test(digit)) return digit.charCodeAt(0) - 0x61;
  return /[0-9]/.test(digit) ? digit.charCodeAt(0) - 0x30 + 26 : NaN;
}

// Null if the text is not Punycode.
function decodePunycode(text) {
  const hyphen = text.lastIndexOf('-');
  const points = Array.from(text.slice(0, Math.max(hyphen, 0)), (character) => character.codePointAt(0));
  let current = 0x80;
  let position = 0;
  let bias = 72;
  for (let i = hyphen + 1; i < text.length;) {
    const start = position;
    let weight = 1;
    for (let k = BASE; ; k += BASE) {
      const value = i < text.length ? valueOf(text[i++]) : NaN;
      if (Number.isNaN(value)) return null;
      position += value * weight;
      const limit = threshold(k, bias);
      if (value < limit) break;
      weight *= BASE - limit;
    }
    bias = adapt(position - start, points.length + 1, start === 0);
    current += Math.floor(position / (points.length + 1));
    position %= points.length + 1;
    if (current > 0x10ffff) return null;
    points.splice(position++, 0, current);
  }
  return String.fromCodePoint(...points);
}

// Ignored characters are removed, and the ideographic full stop is a dot.
function mapped(domain) {
  const text = domain.replace(/[\xad\u200b\u2060\ufeff\ufe00-\ufe0f]/g, '').replace(/\u3002/g, '.');
  return text.toLowerCase().normalize('NFKC').toLowerCase().normalize('NFC');
}

const notAscii = /[^\x00-\x7f]/;
const disallowed = /^\p{M}|[\p{Cc}\p{Cn}\p{Co}\p{Cs}\p{Z}\ufffd]/u;

function isValid(label) {
  return mapped(label) === label && !disallowed.test(label);
}

function labelToASCII(label) {
  if (label.startsWith(PREFIX)) {
    const decoded = notAscii.test(label) ? null : decodePunycode(label.slice(PREFIX.length));
    return decoded !== null && notAscii.test(decoded) && isValid(decoded) ? label : null;
  }
  if (!notAscii.test(label)) return label;
  return isValid(label) ? PREFIX + encodePunycode(label) : null;
}

// Null if the domain has no ASCII form.
exports.toASCII = function toASCII(domain) {
  const labels = mapped(domain).split('.').map(labelToASCII);
  return labels.includes(null) ? null : labels.join('.');
};

exports.toUnicode = function toUnicode(domain) {
  const labels = domain.split('.').map((label) =>
    label.startsWith(PREFIX) ? decodePunycode(label.slice(PREFIX.length)) ?? label : label);
  return labels.join('.');
};
