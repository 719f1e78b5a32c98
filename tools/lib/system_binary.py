# SPDX-License-Identifier: BSD-2-Clause
"""The compiled form of a system file, as libs/sys/include/sys/system.h declares it for root.

The tables below are compared with that header by tests/unit/tools/test_system_binary.py.
"""
import struct

CODES = {"uint32_t": "I", "uint64_t": "Q"}
MAGIC = int.from_bytes(b"HDSYSTEM", "little")
VERSION = 2
ROOT = 0xffffffff
PROCESS_FLAGS = {"debug": 1, "threads": 2}
CHANNEL_DMA = 1
DEVICE_OPTIONAL = 1

HEADER = [("uint64_t", "magic"), ("uint32_t", "version"), ("uint32_t", "bytes"),
          ("uint32_t", "process_count"), ("uint32_t", "channel_count"),
          ("uint32_t", "device_count"), ("uint32_t", "reserved")]
PROCESS = [("char[32]", "name"), ("char[32]", "image"), ("char[256]", "arguments"),
           ("uint32_t", "priority"), ("uint32_t", "ceiling"), ("uint32_t", "co_count"),
           ("uint32_t", "flags"), ("uint64_t", "heap_bytes"), ("uint64_t", "stack_bytes"),
           ("uint64_t", "untyped_bytes"), ("uint64_t", "budget_us"), ("uint64_t", "period_us"),
           ("uint32_t", "harts"), ("uint32_t", "reserved")]
CHANNEL = [("char[32]", "name_client"), ("char[32]", "name_server"), ("char[16]", "protocol"),
           ("uint32_t", "client"), ("uint32_t", "server"), ("uint32_t", "depth"),
           ("uint32_t", "flags"), ("uint64_t", "region_bytes"), ("uint32_t", "ceiling_server"),
           ("uint32_t", "ceiling_client")]
DEVICE = [("char[32]", "name"), ("char[32]", "compatible"), ("uint32_t", "process"),
          ("uint32_t", "virtio"), ("uint32_t", "index"), ("uint32_t", "flags"),
          ("uint64_t", "dma_bytes")]
STRUCTS = {"system_header": HEADER, "system_process_row": PROCESS, "system_channel_row": CHANNEL,
           "system_device_row": DEVICE}


def code(kind):
    """The struct module's code of a C type."""
    base, _, count = kind.rstrip("]").partition("[")
    return f"{count}s" if base == "char" else CODES[base] * int(count or 1)


def size(fields):
    return struct.calcsize("<" + "".join(code(kind) for kind, _ in fields))


def row(fields, **values):
    """The bytes of one row; fields that are not given are zero."""
    out = b""
    for kind, name in fields:
        value = values.pop(name, None)
        if value is None:
            out += bytes(struct.calcsize("<" + code(kind)))
        else:
            out += struct.pack("<" + code(kind), value.encode() if isinstance(value, str) else value)
    assert not values, f"no such field: {values}"
    return out


def process_row(process):
    flags = sum(bit for name, bit in PROCESS_FLAGS.items() if getattr(process, name))
    return row(PROCESS, name=process.name, image=process.image, arguments=process.arguments,
               priority=process.priority, ceiling=process.ceiling, co_count=process.coroutines,
               flags=flags, heap_bytes=process.heap_bytes, stack_bytes=process.stack_bytes,
               untyped_bytes=process.untyped_bytes, budget_us=process.budget_us,
               period_us=process.period_us, harts=sum(1 << hart for hart in process.harts))


def channel_row(channel, index):
    return row(CHANNEL, name_client=channel.name, name_server=channel.server_name,
               protocol=channel.protocol, client=index[channel.client],
               server=index[channel.server], depth=channel.depth,
               flags=CHANNEL_DMA if channel.dma else 0, region_bytes=channel.region_bytes,
               ceiling_server=channel.ceiling, ceiling_client=channel.reply_ceiling)


def device_row(device, process):
    return row(DEVICE, name=device.name, compatible=device.compatible, process=process,
               virtio=device.virtio, index=device.index,
               flags=DEVICE_OPTIONAL if device.optional else 0, dma_bytes=device.dma_bytes)


def pack(system):
    """The bytes of a checked system_file.System."""
    index = {process.name: i for i, process in enumerate(system.processes)} | {"root": ROOT}
    rows = [process_row(process) for process in system.processes]
    rows += [channel_row(channel, index) for channel in system.channels]
    devices = [device_row(device, i) for i, process in enumerate(system.processes)
               for device in process.devices]
    body = b"".join(rows + devices)
    head = row(HEADER, magic=MAGIC, version=VERSION, bytes=size(HEADER) + len(body),
               process_count=len(system.processes), channel_count=len(system.channels),
               device_count=len(devices))
    return head + body
