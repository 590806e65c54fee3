'use strict';

// The console object. Texts and other primitives, which is most of what scripts
// print, are printed without loading inspect.js.
//
// Printing never throws because of what is printed.

const {
  MapConstructor, StringConvert, TypeErrorConstructor, bigintToString, captureStackTrace,
  defineProperty, isArray, mapDelete, mapGet, mapSet, mathFloor, numberToFixed, numberToString,
  objectIs, stringIncludes, stringIndexOf, stringPadStart, stringSlice, symbolToString,
  symbolToStringTag,
} = require('primordials');

const STDOUT = 1;
const STDERR = 2;

// The text of a primitive as it is printed without colors; undefined for
// objects.
function primitiveText(value) {
  switch (typeof value) {
    case 'string': return value;
    case 'number': return objectIs(value, -0) ? '-0' : numberToString(value);
    case 'boolean': return value ? 'true' : 'false';
    case 'undefined': return 'undefined';
    case 'bigint': return bigintToString(value) + 'n';
    case 'symbol': return symbolToString(value);
    default: return value === null ? 'null' : undefined;
  }
}

// Undefined if the arguments need inspecting: objects, conversions (%d), colors.
function simpleText(fd, args) {
  if (args.length === 0) return '';
  const first = args[0];
  if (args.length === 1 && typeof first === 'string') return first;
  if (typeof first === 'string' && stringIncludes(first, '%')) return undefined;
  let text = '';
  for (let i = 0; i < args.length; i++) {
    if (typeof args[i] !== 'string' && internal.colors(fd)) return undefined;
    const part = primitiveText(args[i]);
    if (part === undefined) return undefined;
    text += i === 0 ? part : ' ' + part;
  }
  return text;
}

// Runs a function that makes a text. It fails only when the script exhausted the
// stack or memory, or threw from code that it asked to be run, such as %s of an
// object with its own toString.
function textFrom(make) {
  try {
    return make();
  } catch (error) {
    try {
      return '[Inspection failed: ' + require('inspect').inspect(error, { __proto__: null, depth: 0 }) + ']';
    } catch {
      return '[Inspection failed]';
    }
  }
}

function formatArgs(fd, args) {
  return simpleText(fd, args) ?? textFrom(() => {
    const options = { __proto__: null, colors: internal.colors(fd) };
    return require('format').formatList(options, args);
  });
}

function twoDigits(number) {
  return stringPadStart(numberToString(number), 2, '0');
}

// 1.234ms, 1.234s, 1:02.345 (m:ss.mmm) or 1:02:03.456 (h:mm:ss.mmm).
function durationText(milliseconds) {
  if (milliseconds < 1000) return numberToString(+numberToFixed(milliseconds, 3)) + 'ms';
  const seconds = milliseconds / 1000;
  if (seconds < 60) return numberToFixed(seconds, 3) + 's';
  const total = mathFloor(milliseconds);
  const minutes = mathFloor(total / 60000);
  const rest = twoDigits(mathFloor(total / 1000) % 60) + '.' + stringPadStart(numberToString(total % 1000), 3, '0');
  if (minutes < 60) return numberToString(minutes) + ':' + rest + ' (m:ss.mmm)';
  return numberToString(mathFloor(minutes / 60)) + ':' + twoDigits(minutes % 60) + ':' + rest + ' (h:mm:ss.mmm)';
}

// The label of a counter or timer. Only an explicit object label runs code.
function labelText(label) {
  return typeof label === 'symbol' ? symbolToString(label) : StringConvert(label);
}

exports.createConsole = function createConsole() {
  const counts = new MapConstructor();
  const timers = new MapConstructor();
  let indentation = '';

  function print(fd, text) {
    if (indentation !== '') {
      let start = 0;
      let result = '';
      for (let end = stringIndexOf(text, '\n'); end !== -1; end = stringIndexOf(text, '\n', start)) {
        result += indentation + stringSlice(text, start, end + 1);
        start = end + 1;
      }
      text = result + indentation + stringSlice(text, start);
    }
    // slice makes one piece of it: the engine keeps a long concatenation in parts,
    // which cannot leave it.
    internal.write(fd, stringSlice(text + '\n', 0));
  }

  function printArgs(fd, args) {
    print(fd, formatArgs(fd, args));
  }

  function warn(text) {
    print(STDERR, 'Warning: ' + text);
  }

  function printTimer(label, args, name) {
    const start = mapGet(timers, label);
    if (start === undefined) {
      warn("No such label '" + label + "' for console." + name + '()');
      return;
    }
    const elapsed = durationText(internal.now() - start);
    const text = args.length === 0 ? '' : ' ' + formatValues(args);
    print(STDOUT, label + ': ' + elapsed + text);
  }

  // The arguments without looking for conversions in the first one.
  function formatValues(args) {
    const list = [''];
    for (let i = 0; i < args.length; i++) list[i + 1] = args[i];
    return stringSlice(formatArgs(STDOUT, list), 1);
  }

  function printer(name, fd) {
    const methods = {
      [name](...args) {
        printArgs(fd, args);
      },
    };
    return methods[name];
  }

  // The name is that of the method: group and groupCollapsed are the same.
  function grouper(name) {
    const methods = {
      [name](...args) {
        if (args.length > 0) printArgs(STDOUT, args);
        indentation += '  ';
      },
    };
    return methods[name];
  }

  // In the order that Node lists them. No method uses `this`, so all of them
  // work detached.
  const console = {
    log: printer('log', STDOUT),
    warn: printer('warn', STDERR),
    dir(value, options) {
      print(STDOUT, textFrom(() => {
        const { copyOptions, inspect } = require('inspect');
        const settings = { __proto__: null, customInspect: false, colors: internal.colors(STDOUT) };
        return inspect(value, copyOptions(settings, options));
      }));
    },
    time(label = 'default') {
      label = labelText(label);
      if (mapGet(timers, label) !== undefined) {
        warn("Label '" + label + "' already exists for console.time()");
        return;
      }
      mapSet(timers, label, internal.now());
    },
    timeEnd(label = 'default') {
      label = labelText(label);
      printTimer(label, [], 'timeEnd');
      mapDelete(timers, label);
    },
    timeLog(label = 'default', ...args) {
      printTimer(labelText(label), args, 'timeLog');
    },
    trace(...args) {
      const holder = { __proto__: null };
      // Leaves out this function itself.
      captureStackTrace(holder, console.trace);
      const text = args.length === 0 ? 'Trace' : 'Trace: ' + formatArgs(STDERR, args);
      const stack = textFrom(() => require('inspect').framesText(holder.stack));
      print(STDERR, stack === '' ? text : text + '\n' + stack);
    },
    assert(condition, ...args) {
      if (condition) return;
      if (args.length === 0) {
        print(STDERR, 'Assertion failed');
      } else if (typeof args[0] === 'string') {
        args[0] = 'Assertion failed: ' + args[0];
        printArgs(STDERR, args);
      } else {
        const list = ['Assertion failed:'];
        for (let i = 0; i < args.length; i++) list[i + 1] = args[i];
        printArgs(STDERR, list);
      }
    },
    clear() {
      // Moves the cursor home and clears the screen; files stay as they are.
      if (internal.isTTY(STDOUT)) internal.write(STDOUT, '\x1b[1;1H\x1b[0J');
    },
    count(label = 'default') {
      label = labelText(label);
      const count = (mapGet(counts, label) ?? 0) + 1;
      mapSet(counts, label, count);
      print(STDOUT, label + ': ' + numberToString(count));
    },
    countReset(label = 'default') {
      label = labelText(label);
      if (!mapDelete(counts, label)) warn("Count for '" + label + "' does not exist");
    },
    group: grouper('group'),
    groupEnd() {
      indentation = stringSlice(indentation, 2);
    },
    table(data, properties) {
      if (data === null || typeof data !== 'object') {
        printArgs(STDOUT, [data]);
        return;
      }
      if (properties !== undefined && !isArray(properties)) {
        throw new TypeErrorConstructor('The "properties" argument must be an instance of Array.');
      }
      const options = { __proto__: null, colors: internal.colors(STDOUT) };
      print(STDOUT, textFrom(() => require('table').tableText(data, properties, options)));
    },
    debug: printer('debug', STDOUT),
    info: printer('info', STDOUT),
    dirxml: printer('dirxml', STDOUT),
    error: printer('error', STDERR),
    groupCollapsed: grouper('groupCollapsed'),
  };
  defineProperty(console, symbolToStringTag, {
    __proto__: null, value: 'console', configurable: true,
  });
  return console;
};
