"""TypeScript declarations of the ``fs`` module.

Each operation comes in three forms, so the declarations are made from one table.
"""

from __future__ import annotations

from xpyja.runtime.api import TsModule

# Name, parameters (the optional ones last) and result.
_OPERATIONS = (
    ("readFile", "path: PathLike, options: Encoded", "string"),
    ("readFile", "path: PathLike, options?: { encoding?: null; flag?: string } | null", "Uint8Array"),
    ("writeFile", "path: PathLike, data: Data, options?: Encoding | WriteOptions | null", "void"),
    ("appendFile", "path: PathLike, data: Data, options?: Encoding | WriteOptions | null", "void"),
    ("truncate", "path: PathLike, length?: number", "void"),
    ("access", "path: PathLike, mode?: number", "void"),
    ("stat", "path: PathLike, options?: { throwIfNoEntry?: true }", "Stats"),
    ("stat", "path: PathLike, options: { throwIfNoEntry: false }", "Stats | undefined"),
    ("lstat", "path: PathLike, options?: { throwIfNoEntry?: true }", "Stats"),
    ("lstat", "path: PathLike, options: { throwIfNoEntry: false }", "Stats | undefined"),
    ("readdir", "path: PathLike, options: { withFileTypes: true; recursive?: boolean }", "Dirent[]"),
    ("readdir", "path: PathLike, options?: { withFileTypes?: false; recursive?: boolean } | 'utf8' | null", "string[]"),
    ("readlink", "path: PathLike", "string"),
    ("realpath", "path: PathLike", "string"),
    ("mkdir", "path: PathLike, options?: number | string | { recursive?: boolean; mode?: Mode }", "string | undefined"),
    ("mkdtemp", "prefix: PathLike", "string"),
    ("rmdir", "path: PathLike", "void"),
    ("unlink", "path: PathLike", "void"),
    ("rm", "path: PathLike, options?: { recursive?: boolean; force?: boolean }", "void"),
    ("rename", "oldPath: PathLike, newPath: PathLike", "void"),
    ("copyFile", "source: PathLike, target: PathLike, mode?: number", "void"),
    ("utimes", "path: PathLike, atime: Time, mtime: Time", "void"),
)

_SHAPES = """\
type PathLike = string | Uint8Array | URL;
type Data = string | ArrayBuffer | ArrayBufferView;
type Time = number | string | Date;
type Mode = number | string;
type Encoding =
  'utf8' | 'utf-8' | 'latin1' | 'binary' | 'ascii' | 'utf16le' | 'ucs2' | 'hex' | 'base64' | 'base64url';
type Encoded = Encoding | { encoding: Encoding; flag?: string };
interface WriteOptions {
  encoding?: Encoding | null;
  mode?: Mode;
  flag?: string;
}
interface FileKind {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
  isCharacterDevice(): boolean;
  isBlockDevice(): boolean;
}
export interface Stats extends FileKind {
  dev: number;
  ino: number;
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  rdev: number;
  size: number;
  blksize: number;
  blocks: number;
  atimeMs: number;
  mtimeMs: number;
  ctimeMs: number;
  birthtimeMs: number;
  atime: Date;
  mtime: Date;
  ctime: Date;
  birthtime: Date;
  readonly modTime: string;
  readonly isDir: boolean;
}
export interface Dirent extends FileKind {
  name: string;
  parentPath: string;
  path: string;
}
interface Capabilities {
  backend: 'host' | 'embedded';
  read: boolean;
  write: boolean;
  embedded: boolean;
  mounts: Array<{ mount: string; root: string }>;
}
export const isReadOnly: boolean;
export function capabilities(): Capabilities;
export const constants: Readonly<Record<string, number>>;
export const F_OK: number, R_OK: number, W_OK: number, X_OK: number;
export function existsSync(path: PathLike): boolean;
export function exists(path: PathLike): Promise<boolean>;
export function exists(path: PathLike, callback: (exists: boolean) => void): void;"""


def _declare() -> str:
    lines = [_SHAPES]
    promised = ["export const promises: {"]
    for name, params, result in _OPERATIONS:
        value = "" if result == "void" else f", result: {result}"
        callback = f"callback: (error: Error | null{value}) => void"
        before, _, last = params.rpartition(", ")
        parameter, _, kind = last.partition(": ")
        lines += (
            f"export function {name}Sync({params}): {result};",
            f"export function {name}({params}): Promise<{result}>;",
        )
        given = params
        if parameter.endswith("?"):  # nothing optional may stand before the callback
            lines.append(f"export function {name}({before}, {callback}): void;")
            given = f"{before}, {parameter[:-1]}: {kind}"
        lines.append(f"export function {name}({given}, {callback}): void;")
        promised.append(f"  {name}({params}): Promise<{result}>;")
    promised.append("};")
    return "\n".join(lines + promised)


FS_TYPES = TsModule(declarations=_declare())
