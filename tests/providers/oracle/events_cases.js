'use strict';

// Programs whose results the `events` module must share with Node. Each gets the module and a log, and returns what is
// compared; write_expected.js runs them in Node.

const tryTo = (fn) => {
  try {
    return fn();
  } catch (error) {
    return { name: error.name, code: error.code, message: error.message };
  }
};

const tryToAwait = async (promise) => {
  try {
    return await promise;
  } catch (error) {
    return { name: error.name, code: error.code, message: error.message };
  }
};

const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

globalThis.eventsCases = {
  'emit passes all arguments': (E, log) => {
    const e = new E();
    e.on('x', (...args) => log(args));
    return e.emit('x', 1, 'two', null, undefined, [5]);
  },
  'emit returns false without listeners': (E) => new E().emit('x'),
  'emit without a name': (E) => new E().emit(),
  'listeners run in order of addition': (E, log) => {
    const e = new E();
    for (const n of [1, 2, 3]) e.on('x', () => log(n));
    e.emit('x');
  },
  'this is the emitter': (E, log) => {
    const e = new E();
    e.on('x', function () {
      log(this === e);
    });
    e.emit('x');
  },
  'on returns the emitter': (E) => {
    const e = new E();
    return [e.on('x', () => {}) === e, e.once('x', () => {}) === e, e.off('x', () => {}) === e];
  },
  'once fires once': (E, log) => {
    const e = new E();
    e.once('x', (v) => log(v));
    return [e.emit('x', 1), e.emit('x', 2), e.listenerCount('x')];
  },
  'once is removed before it runs': (E, log) => {
    const e = new E();
    e.once('x', () => {
      log(e.listenerCount('x'));
      e.emit('x');
    });
    e.emit('x');
  },
  'once removed by its original function': (E) => {
    const e = new E();
    const fn = () => {};
    e.once('x', fn);
    e.off('x', fn);
    return e.listenerCount('x');
  },
  'once can throw': (E) => {
    const e = new E();
    e.once('x', () => {
      throw new TypeError('no');
    });
    return [tryTo(() => e.emit('x')), e.listenerCount('x')];
  },
  'prependListener comes first': (E, log) => {
    const e = new E();
    e.on('x', () => log('a'));
    e.prependListener('x', () => log('b'));
    e.prependOnceListener('x', () => log('c'));
    e.emit('x');
    e.emit('x');
  },
  'off removes the last added of equal listeners': (E, log) => {
    const e = new E();
    const fn = () => log('fn');
    e.on('x', fn);
    e.on('x', () => log('other'));
    e.on('x', fn);
    e.off('x', fn);
    e.emit('x');
  },
  'off removes one at a time': (E) => {
    const e = new E();
    const fn = () => {};
    e.on('x', fn).on('x', fn).on('x', fn).off('x', fn);
    return e.listenerCount('x');
  },
  'off of an unknown listener': (E) => {
    const e = new E();
    e.on('x', () => {});
    e.off('x', () => {}).off('y', () => {});
    return e.listenerCount('x');
  },
  'a listener added during emit waits': (E, log) => {
    const e = new E();
    e.on('x', () => {
      log('a');
      e.on('x', () => log('b'));
    });
    e.emit('x');
    log('-');
    e.emit('x');
  },
  'a listener removed during emit still runs': (E, log) => {
    const e = new E();
    const b = () => log('b');
    e.on('x', () => {
      log('a');
      e.off('x', b);
    });
    e.on('x', b);
    e.emit('x');
    e.emit('x');
  },
  'a throwing listener stops the rest': (E, log) => {
    const e = new E();
    e.on('x', () => log(1));
    e.on('x', () => {
      throw new RangeError('stop');
    });
    e.on('x', () => log(3));
    return tryTo(() => e.emit('x'));
  },
  'removeAllListeners of one name': (E) => {
    const e = new E();
    e.on('x', () => {}).on('y', () => {});
    return [e.removeAllListeners('x') === e, e.eventNames()];
  },
  'removeAllListeners of everything': (E) => {
    const e = new E();
    e.on('x', () => {}).on('y', () => {});
    return e.removeAllListeners().eventNames();
  },
  'removeAllListeners tells removeListener, last first': (E, log) => {
    const e = new E();
    const [a, b] = [() => {}, () => {}];
    e.on('removeListener', (name, fn) => log([name, fn === a ? 'a' : 'b']));
    e.on('x', a).on('x', b);
    e.removeAllListeners('x');
  },
  'removeAllListeners removes removeListener last': (E, log) => {
    const e = new E();
    e.on('removeListener', (name) => log(name));
    e.on('x', () => {}).on('y', () => {});
    e.removeAllListeners();
    return e.eventNames();
  },
  'eventNames order': (E) => {
    const e = new E();
    const s = Symbol('s');
    for (const name of ['b', 'a', s, '10', '9']) e.on(name, () => {});
    return e.eventNames().map((name) => (name === s ? 'symbol' : name));
  },
  'eventNames without listeners': (E) => new E().eventNames(),
  'symbols and strings are different names': (E, log) => {
    const e = new E();
    e.on(Symbol.for('x'), () => log('symbol'));
    return [e.emit('x'), e.emit(Symbol.for('x'))];
  },
  'names are turned into strings': (E, log) => {
    const e = new E();
    e.on(5, () => log('five'));
    return [e.emit('5'), e.listenerCount(5)];
  },
  '__proto__ and constructor are names': (E, log) => {
    const e = new E();
    const before = [e.listenerCount('constructor'), e.emit('toString'), e.listenerCount('__proto__')];
    e.on('__proto__', () => log('proto')).on('hasOwnProperty', () => log('own'));
    return [before, e.emit('__proto__'), e.emit('hasOwnProperty'), e.eventNames()];
  },
  'listeners gives the original of once': (E) => {
    const e = new E();
    const fn = () => {};
    e.once('x', fn);
    return [e.listeners('x')[0] === fn, e.rawListeners('x')[0] === fn, e.rawListeners('x')[0].listener === fn];
  },
  'rawListeners entries of once can be called': (E, log) => {
    const e = new E();
    e.once('x', (v) => log(v));
    e.rawListeners('x')[0]('called');
    return e.listenerCount('x');
  },
  'listeners is a copy': (E) => {
    const e = new E();
    e.on('x', () => {});
    e.listeners('x').pop();
    e.rawListeners('x').pop();
    return e.listenerCount('x');
  },
  'listenerCount of one listener': (E) => {
    const e = new E();
    const fn = () => {};
    e.on('x', fn)
      .once('x', fn)
      .on('x', () => {});
    return [e.listenerCount('x'), e.listenerCount('x', fn), e.listenerCount('y', fn)];
  },
  'newListener comes before the addition': (E, log) => {
    const e = new E();
    const fn = () => {};
    e.on('newListener', (name, listener) => log([name, listener === fn, e.listenerCount('x')]));
    e.once('x', fn);
    e.on('x', fn);
  },
  'newListener does not hear of itself': (E, log) => {
    const e = new E();
    e.on('newListener', (name) => log(name));
    e.on('newListener', () => {});
  },
  'newListener may add to the same event': (E, log) => {
    const e = new E();
    e.once('newListener', (name) => {
      if (name === 'x') e.on('x', () => log('inserted'));
    });
    e.on('x', () => log('added'));
    e.emit('x');
  },
  'removeListener comes after the removal': (E, log) => {
    const e = new E();
    const fn = () => {};
    e.on('removeListener', (name, listener) => log([name, listener === fn, e.listenerCount('x')]));
    e.on('x', fn);
    e.off('x', fn);
  },
  'removeListener when once fires': (E, log) => {
    const e = new E();
    const fn = () => log('fired');
    e.on('removeListener', (name, listener) => log([name, listener === fn]));
    e.once('x', fn);
    e.emit('x');
  },
  'unhandled error is thrown itself': (E) => {
    const error = new TypeError('boom');
    try {
      new E().emit('error', error);
    } catch (thrown) {
      return thrown === error;
    }
    return 'nothing thrown';
  },
  'unhandled error without a value': (E) => tryTo(() => new E().emit('error')),
  'unhandled error of text': (E) => tryTo(() => new E().emit('error', 'text')),
  'unhandled error of a number': (E) => tryTo(() => new E().emit('error', 42)),
  'unhandled error of null': (E) => tryTo(() => new E().emit('error', null)),
  'unhandled error keeps the value as context': (E) => {
    const value = { a: 1 };
    try {
      new E().emit('error', value);
    } catch (error) {
      return [error.code, error.context === value, error instanceof Error];
    }
    return 'nothing thrown';
  },
  'handled error': (E, log) => {
    const e = new E();
    e.on('error', (error) => log(error.message));
    return e.emit('error', new Error('seen'));
  },
  'errorMonitor sees and does not handle': (E, log) => {
    const e = new E();
    e.on(E.errorMonitor, (error) => log(error.message));
    return tryTo(() => e.emit('error', new Error('watched')));
  },
  'errorMonitor comes first': (E, log) => {
    const e = new E();
    e.on('error', () => log('handler'));
    e.on(E.errorMonitor, () => log('monitor'));
    return e.emit('error', new Error('x'));
  },
  'listeners must be functions': (E) => {
    const e = new E();
    return [undefined, null, 5, 'fn', {}, true].flatMap((value) =>
      ['on', 'once', 'off', 'prependListener', 'prependOnceListener'].map((name) => tryTo(() => e[name]('x', value))),
    );
  },
  'setMaxListeners checks its argument': (E) =>
    [-1, NaN, 'x', undefined].map((value) => tryTo(() => new E().setMaxListeners(value))),
  'setMaxListeners and getMaxListeners': (E) => {
    const e = new E();
    return [e.getMaxListeners(), e.setMaxListeners(3) === e, e.getMaxListeners(), E.getMaxListeners(e)];
  },
  defaultMaxListeners: (E) => {
    const e = new E();
    const before = E.defaultMaxListeners;
    E.defaultMaxListeners = 4;
    const during = [
      e.getMaxListeners(),
      tryTo(() => {
        E.defaultMaxListeners = -1;
      }),
    ];
    E.defaultMaxListeners = before;
    return [before, during];
  },
  'static setMaxListeners': (E) => {
    const [a, b] = [new E(), new E()];
    E.setMaxListeners(7, a, b);
    return [a.getMaxListeners(), b.getMaxListeners(), tryTo(() => E.setMaxListeners(1, {}))];
  },
  'the module is the class': (E) => [typeof E, E.EventEmitter === E, E.name, E.prototype.constructor === E],
  'addListener is on, removeListener is off': (E) => [
    E.prototype.addListener === E.prototype.on,
    E.prototype.removeListener === E.prototype.off,
  ],
  'a class can extend it': (E, log) => {
    class Door extends E {
      #opened = 0;
      constructor() {
        super();
        this.color = 'red';
      }
      open() {
        this.#opened++;
        return this.emit('open', this.#opened, this.color);
      }
    }
    const door = new Door();
    door.on('open', (...args) => log(args));
    return [door.open(), door instanceof E, door instanceof Door, JSON.stringify(Object.keys(door).includes('color'))];
  },
  'the old way of extending': (E, log) => {
    function Old() {
      E.call(this);
    }
    Object.setPrototypeOf(Old.prototype, E.prototype);
    const old = new Old();
    old.on('x', () => log('heard'));
    return [old.emit('x'), old instanceof E];
  },
  'extending without calling the constructor': (E, log) => {
    const e = Object.create(E.prototype);
    e.on('x', () => log('heard'));
    return e.emit('x');
  },
  'two emitters share nothing': (E) => {
    const [a, b] = [new E(), new E()];
    a.on('x', () => {});
    return [a.listenerCount('x'), b.listenerCount('x')];
  },
  getEventListeners: (E) => {
    const e = new E();
    const fn = () => {};
    e.once('x', fn);
    return [E.getEventListeners(e, 'x')[0] === fn, E.listenerCount(e, 'x'), tryTo(() => E.getEventListeners({}, 'x'))];
  },
  'once() resolves with the arguments': async (E) => {
    const e = new E();
    const promise = E.once(e, 'x');
    e.emit('x', 1, 2);
    return [await promise, e.listenerCount('x'), e.listenerCount('error')];
  },
  'once() rejects on error': async (E) => {
    const e = new E();
    const promise = E.once(e, 'x');
    e.emit('error', new RangeError('bad'));
    return [await tryToAwait(promise), e.listenerCount('x'), e.listenerCount('error')];
  },
  'once() of error resolves': async (E) => {
    const e = new E();
    const promise = E.once(e, 'error');
    e.emit('error', 'value');
    return promise;
  },
  'once() with an aborted signal': async (E) => {
    const controller = new AbortController();
    controller.abort();
    return tryToAwait(E.once(new E(), 'x', { signal: controller.signal }));
  },
  'once() aborted while waiting': async (E) => {
    const controller = new AbortController();
    const e = new E();
    const promise = E.once(e, 'x', { signal: controller.signal });
    controller.abort();
    return [await tryToAwait(promise), e.listenerCount('x'), e.listenerCount('error')];
  },
  'once() checks its arguments': async (E) => [
    await tryToAwait(E.once({}, 'x')),
    await tryToAwait(E.once(new E(), 'x', { signal: 5 })),
  ],
  'on() iterates over events before and after': async (E) => {
    const e = new E();
    const seen = [];
    const iterator = E.on(e, 'x');
    e.emit('x', 1);
    e.emit('x', 2, 'two');
    setTimeout(() => e.emit('x', 3), 1);
    for await (const args of iterator) {
      seen.push(args);
      if (seen.length === 3) break;
    }
    return [seen, e.listenerCount('x'), e.listenerCount('error')];
  },
  'on() reports an error after what came before': async (E) => {
    const e = new E();
    const iterator = E.on(e, 'x');
    e.emit('x', 1);
    e.emit('error', new TypeError('end'));
    return [await iterator.next(), await tryToAwait(iterator.next()), await iterator.next(), e.listenerCount('x')];
  },
  'on() rejects who waits': async (E) => {
    const e = new E();
    const iterator = E.on(e, 'x');
    const waiting = [tryToAwait(iterator.next()), iterator.next()];
    e.emit('error', new TypeError('end'));
    return Promise.all(waiting);
  },
  'on() return ends it': async (E) => {
    const e = new E();
    const iterator = E.on(e, 'x');
    const waiting = iterator.next();
    const returned = await iterator.return();
    return [returned, await waiting, await iterator.next(), e.listenerCount('x'), e.listenerCount('error')];
  },
  'on() throw': async (E) => {
    const e = new E();
    const iterator = E.on(e, 'x');
    const wrong = tryTo(() => iterator.throw('text'));
    iterator.throw(new TypeError('stop'));
    return [wrong, await tryToAwait(iterator.next()), e.listenerCount('x')];
  },
  'on() aborted': async (E) => {
    const controller = new AbortController();
    const e = new E();
    const iterator = E.on(e, 'x', { signal: controller.signal });
    const waiting = tryToAwait(iterator.next());
    controller.abort();
    return [await waiting, e.listenerCount('x'), tryTo(() => E.on(e, 'x', { signal: controller.signal }))];
  },
  'on() close events': async (E) => {
    const e = new E();
    const iterator = E.on(e, 'x', { close: ['end'] });
    const waiting = iterator.next();
    e.emit('end');
    return [await waiting, e.listenerCount('end')];
  },
  'captureRejections sends rejections to error': async (E, log) => {
    const e = new E({ captureRejections: true });
    e.on('error', (error) => log(error.message));
    e.on('x', async () => {
      throw new Error('rejected');
    });
    e.emit('x');
    await turn();
  },
  'captureRejections prefers the symbol': async (E, log) => {
    const e = new E({ captureRejections: true });
    e[E.captureRejectionSymbol] = (error, name, ...args) => log([error.message, name, args]);
    e.on('x', async () => {
      throw new Error('rejected');
    });
    e.emit('x', 1, 2);
    await turn();
  },
  'captureRejections checks its option': (E) => tryTo(() => new E({ captureRejections: 'yes' })),
  'captureRejections of all': async (E, log) => {
    E.captureRejections = true;
    const e = new E();
    E.captureRejections = false;
    e.on('error', (error) => log(error.message));
    e.on('x', async () => {
      throw new Error('rejected');
    });
    e.emit('x');
    await turn();
    return tryTo(() => {
      E.captureRejections = 5;
    });
  },
  addAbortListener: async (E, log) => {
    const controller = new AbortController();
    E.addAbortListener(controller.signal, () => log('aborted'));
    controller.abort();
    E.addAbortListener(controller.signal, () => log('already'));
    await turn();
    return tryTo(() => E.addAbortListener(undefined, () => {}));
  },
};

globalThis.runEventsCases = async (EventEmitter) => {
  const results = {};
  for (const [name, run] of Object.entries(globalThis.eventsCases)) {
    const logged = [];
    const result = await run(EventEmitter, (entry) => logged.push(entry));
    results[name] = JSON.parse(JSON.stringify({ logged, result: result === undefined ? 'undefined' : result }));
  }
  return results;
};
