"""The ``core`` provider: modules that give scripts no power over the machine."""

from __future__ import annotations

from xpyja.runtime.api import Lazy, Module, Provider, TsFunction, TsModule, TsParam

_PATH_TYPES = TsModule(
    declarations="""\
interface ParsedPath {
  root: string;
  dir: string;
  base: string;
  ext: string;
  name: string;
}
interface PlatformPath {
  readonly sep: string;
  readonly separator: string;
  readonly delimiter: string;
  readonly posix: PlatformPath;
  readonly win32: PlatformPath;
  resolve(...paths: string[]): string;
  normalize(path: string): string;
  isAbsolute(path: string): boolean;
  join(...paths: string[]): string;
  relative(from: string, to: string): string;
  toNamespacedPath(path: string): string;
  dirname(path: string): string;
  basename(path: string, suffix?: string): string;
  extname(path: string): string;
  format(path: Partial<ParsedPath>): string;
  parse(path: string): ParsedPath;
}
const path: PlatformPath;
export = path;""",
)

_EVENTS_TYPES = TsModule(
    declarations="""\
type EventName = string | symbol;
type Listener = (this: EventEmitter, ...args: any[]) => unknown;
interface Waiting {
  signal?: AbortSignal;
}
class EventEmitter {
  constructor(options?: { captureRejections?: boolean });
  on(name: EventName, listener: Listener): this;
  once(name: EventName, listener: Listener): this;
  addListener(name: EventName, listener: Listener): this;
  prependListener(name: EventName, listener: Listener): this;
  prependOnceListener(name: EventName, listener: Listener): this;
  off(name: EventName, listener: Listener): this;
  removeListener(name: EventName, listener: Listener): this;
  removeAllListeners(name?: EventName): this;
  emit(name: EventName, ...args: any[]): boolean;
  listeners(name: EventName): Function[];
  rawListeners(name: EventName): Function[];
  listenerCount(name: EventName, listener?: Function): number;
  eventNames(): EventName[];
  setMaxListeners(count: number): this;
  getMaxListeners(): number;
}
namespace EventEmitter {
  export { EventEmitter, EventEmitter as default };
  export const errorMonitor: unique symbol;
  export const captureRejectionSymbol: unique symbol;
  export let defaultMaxListeners: number;
  export let captureRejections: boolean;
  export function once(emitter: EventEmitter | EventTarget, name: EventName, options?: Waiting): Promise<any[]>;
  export function on(
    emitter: EventEmitter | EventTarget,
    name: EventName,
    options?: Waiting & { close?: EventName[] },
  ): AsyncIterableIterator<any[]>;
  export function getEventListeners(emitter: EventEmitter, name: EventName): Function[];
  export function getMaxListeners(emitter: EventEmitter): number;
  export function setMaxListeners(count?: number, ...emitters: Array<EventEmitter | EventTarget>): void;
  export function listenerCount(emitter: EventEmitter, name: EventName): number;
  export function addAbortListener(signal: AbortSignal, listener: () => void): Disposable;
}
export = EventEmitter;""",
)

_TIMER_TYPES = TsModule(
    functions=(TsFunction("sleep", (TsParam("ms", "number"),), "Promise<void>", "Waits; a negative duration rejects"),),
    declarations="""\
export const setTimeout: typeof globalThis.setTimeout;
export const clearTimeout: typeof globalThis.clearTimeout;
export const setInterval: typeof globalThis.setInterval;
export const clearInterval: typeof globalThis.clearInterval;
export function setImmediate(callback: (...args: any[]) => void, ...args: any[]): unknown;
export function clearImmediate(immediate: unknown): void;""",
)

_TIME_TYPES = TsModule(
    functions=(
        TsFunction("now", (), "number", "Milliseconds since the module was first required"),
        TsFunction("since", (TsParam("start", "number"),), "number", "Milliseconds since an earlier result of now()"),
    ),
)

PROVIDER = Provider(
    id="core",
    doc="Modules that need no permission",
    modules=(
        Module("path", Lazy("xpyja_providers.core.path:new_path"), doc="File paths as text", typescript=_PATH_TYPES),
        Module("events", Lazy("xpyja_providers.core.events:new_events"), doc="EventEmitter", typescript=_EVENTS_TYPES),
        Module("timer", Lazy("xpyja_providers.core.timer:new_timer"), doc="Sleep and timers", typescript=_TIMER_TYPES),
        Module("time", Lazy("xpyja_providers.core.time:new_time"), doc="Elapsed time", typescript=_TIME_TYPES),
    ),
)
