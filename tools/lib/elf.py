# SPDX-License-Identifier: BSD-2-Clause
"""The few parts of an ELF file that a boot bundle needs: entry point and loaded segments."""
import struct
from dataclasses import dataclass

PT_LOAD, EM_RISCV, ET_EXEC = 1, 243, 2
PF_EXECUTE, PF_WRITE, PF_READ = 1, 2, 4


class ElfError(Exception):
    """The file is no ELF image that Heddle can start."""


@dataclass
class Segment:
    vaddr: int
    data: bytes  # what the file holds of it
    bytes_memory: int
    flags: int  # PF_*


def read(data):
    """Entry point and loaded segments of a statically linked RISC-V ELF64 executable."""
    entry, segments = read_segments(data)
    return entry, [segment for segment, _ in segments]


def physical_segments(data):
    """The loaded segments at their physical addresses: the kernel runs before any page table."""
    segments = [Segment(paddr, segment.data, segment.bytes_memory, segment.flags)
                for segment, paddr in read_segments(data)[1]]
    if not segments:
        raise ElfError("no segment to load")
    return segments


def read_segments(data):
    """Entry point and a list of (Segment, physical address)."""
    if data[:4] != b"\x7fELF":
        raise ElfError("not an ELF file")
    if len(data) < 64 or data[4:6] != b"\x02\x01":
        raise ElfError("not a 64-bit little-endian ELF file")
    kind, machine, _, entry, table, _, _, _, entry_bytes, count = struct.unpack_from(
        "<HHIQQQIHHH", data, 16)
    if machine != EM_RISCV:
        raise ElfError(f"made for machine {machine}, not for RISC-V ({EM_RISCV})")
    if kind != ET_EXEC:
        raise ElfError("not a linked executable")
    if count and (entry_bytes != 56 or table + count * 56 > len(data)):
        raise ElfError("the program headers are damaged")
    headers = [program_header(data, table + i * 56) for i in range(count)]
    return entry, [header for header in headers if header]


def program_header(data, at):
    kind, flags, offset, vaddr, paddr, bytes_file, bytes_memory, _ = struct.unpack_from(
        "<IIQQQQQQ", data, at)
    if kind != PT_LOAD or bytes_memory == 0:
        return None
    if offset + bytes_file > len(data) or bytes_file > bytes_memory:
        raise ElfError(f"the segment at {vaddr:#x} does not lie in the file")
    return Segment(vaddr, data[offset:offset + bytes_file], bytes_memory, flags), paddr
