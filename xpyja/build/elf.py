"""Strips ELF files (64-bit, little endian) the same way everywhere: no tool of the platform, the same bytes out.

Debug sections, symbol tables and the section headers come after the last segment of a linked file, and nothing reads
them at run time: the loader goes by the program headers. So stripping is cutting the file there, and saying in its
header that it has no sections.
"""

from __future__ import annotations

import struct

_MAGIC = b"\x7fELF\x02\x01"  # 64-bit, little endian
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_LINKED = (2, 3)  # executable, shared object; an object file (1) needs its sections
_MANY = 0xFFFF  # the count did not fit and is kept in section 0
_NOBITS = 8  # a section without bytes in the file


def strip(content: bytes) -> bytes:
    """Removes what follows the last segment of a linked ELF file.

    Args:
        content: A file, of whatever kind.

    Returns:
        The stripped file, or `content` itself when it is no 64-bit little endian ELF file, is damaged, or carries data
        that belongs to no section, such as an archive appended to an executable.
    """
    if not content.startswith(_MAGIC) or len(content) < _HEADER.size:
        return content
    fields = list(_HEADER.unpack_from(content))
    kind, program_offset, section_offset = fields[1], fields[5], fields[6]
    header_size, program_size, program_count, section_size, section_count = fields[8:13]
    if (
        kind not in _LINKED
        or header_size != _HEADER.size
        or program_size != _PROGRAM.size
        or section_size != _SECTION.size
        or program_count in (0, _MANY)
        or section_count == 0
    ):
        return content

    programs_end = program_offset + program_count * _PROGRAM.size
    sections_end = section_offset + section_count * _SECTION.size
    if max(programs_end, sections_end) > len(content):
        return content
    keep = max(_HEADER.size, programs_end)
    for at in range(program_offset, programs_end, _PROGRAM.size):
        _, _, offset, _, _, size, _, _ = _PROGRAM.unpack_from(content, at)
        keep = max(keep, offset + size)
    known_end = sections_end
    for at in range(section_offset, sections_end, _SECTION.size):
        _, section_kind, _, _, offset, size, _, _, _, _ = _SECTION.unpack_from(content, at)
        if section_kind != _NOBITS:
            known_end = max(known_end, offset + size)
    if keep > len(content) or known_end != len(content):
        return content

    fields[6] = fields[12] = fields[13] = 0
    return _HEADER.pack(*fields) + content[_HEADER.size : keep]
