# SPDX-License-Identifier: BSD-2-Clause
"""The compiled system file, against the header that root is compiled with."""
import re
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

import paths
import system_binary
import system_file
from test_system_file import GOOD, IMAGES

HEADER = paths.ROOT / "libs/sys/include/sys/system.h"
PROCESS_BYTES = 384


def c_layout():
    """{struct: [(name, offset, bytes)]} and the constants, as gcc sees them."""
    lines = []
    for name, fields in system_binary.STRUCTS.items():
        for _, field in fields:
            lines.append(f'printf("{name} {field} %zu %zu\\n", offsetof(struct {name}, {field}), '
                         f'sizeof(((struct {name} *)0)->{field}));')
        lines.append(f'printf("{name} = %zu 0\\n", sizeof(struct {name}));')
    for constant in ("SYSTEM_MAGIC", "SYSTEM_VERSION", "SYSTEM_ROOT", "SYSTEM_PROCESS_DEBUG",
                     "SYSTEM_PROCESS_THREADS", "SYSTEM_CHANNEL_DMA", "SYSTEM_DEVICE_OPTIONAL"):
        lines.append(f'printf("constant {constant} %llu 0\\n", (unsigned long long){constant});')
    source = "#include <stddef.h>\n#include <stdio.h>\n#include <sys/system.h>\nint main(void) {\n"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "layout.c").write_text(source + "\n".join(lines) + "\n}\n")
        subprocess.run(["gcc", "-o", f"{folder}/layout", f"{folder}/layout.c",
                        f"-I{HEADER.parents[1]}"], check=True)
        out = subprocess.run([f"{folder}/layout"], check=True, capture_output=True, text=True).stdout
    found = {}
    for line in out.splitlines():
        group, name, *numbers = line.split()
        found.setdefault(group, []).append((name, *map(int, numbers)))
    return found


class SystemBinary(unittest.TestCase):
    def test_layout_agrees_with_the_header(self):
        found = c_layout()
        for name, fields in system_binary.STRUCTS.items():
            offset, rows = 0, []
            for kind, field in fields:
                length = struct.calcsize("<" + system_binary.code(kind))
                rows.append((field, offset, length))
                offset += length
            self.assertEqual([*rows, ("=", offset, 0)], found[name])
        wanted = {"SYSTEM_MAGIC": system_binary.MAGIC, "SYSTEM_VERSION": system_binary.VERSION,
                  "SYSTEM_ROOT": system_binary.ROOT, "SYSTEM_CHANNEL_DMA": system_binary.CHANNEL_DMA,
                  "SYSTEM_DEVICE_OPTIONAL": system_binary.DEVICE_OPTIONAL}
        wanted |= {f"SYSTEM_PROCESS_{name.upper()}": bit
                   for name, bit in system_binary.PROCESS_FLAGS.items()}
        self.assertEqual({name: value for name, value, _ in found["constant"]}, wanted)

    def test_every_field_of_the_header_is_written(self):
        text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.DOTALL)
        for name, fields in system_binary.STRUCTS.items():
            body = re.search(rf"struct {name} \{{(.*?)\}};", text, re.DOTALL).group(1)
            self.assertEqual(re.findall(r"(\w+)(?:\[\d+\])?;", body), [field for _, field in fields])

    def test_rows(self):
        data = system_binary.pack(system_file.parse(GOOD, "file.toml", IMAGES))
        header = struct.unpack_from("<QIIIIII", data)
        self.assertEqual(header[0:2] + header[3:], (system_binary.MAGIC, 2, 3, 2, 1, 0))
        self.assertEqual(header[2], len(data))
        self.assertEqual(data[:8], b"HDSYSTEM")
        at = 32
        name, image, arguments, priority, ceiling, co_count, flags, heap, stack = struct.unpack_from(
            "<32s32s256sIIIIQQ", data, at + PROCESS_BYTES * 2)
        self.assertEqual((name.rstrip(b"\0"), image.rstrip(b"\0"), arguments.rstrip(b"\0")),
                         (b"client", b"app", b""))
        self.assertEqual((priority, ceiling, co_count, flags, heap, stack),
                         (24, 24, 64, 0, 65536, 16384))
        at += PROCESS_BYTES * 3
        row = struct.unpack_from("<32s32s16sIIIIQII", data, at)
        self.assertEqual(row[3:], (1, 0, 32, 1, 1 << 20, 12, 12))
        row = struct.unpack_from("<32s32s16sIIIIQII", data, at + 112)
        self.assertEqual(row[0].rstrip(b"\0"), b"files")
        self.assertEqual(row[3:], (2, 1, 64, 0, 0, 24, 24))
        at += 112 * 2
        row = struct.unpack_from("<32s32sIIIIQ", data, at)
        self.assertEqual(row[1].rstrip(b"\0"), b"virtio,mmio")
        self.assertEqual(row[2:], (0, 2, 0, 0, 65536))

    def test_time(self):
        text = GOOD.replace("priority = 24", 'priority = 24\nbudget = "2ms"\nperiod = "1s"\nharts = [0, 3]')
        data = system_binary.pack(system_file.parse(text, "file.toml", IMAGES))
        self.assertEqual(struct.unpack_from("<QQII", data, 32 + PROCESS_BYTES * 2 + 360),
                         (2000, 1000000, 0b1001, 0))

    def test_root_and_flags(self):
        text = GOOD.replace('image = "app"', 'image = "app"\ndebug = true\nthreads = true')
        text += '[[channel]]\nclient = "client"\nserver = "root"\nprotocol = "system"\n'
        data = system_binary.pack(system_file.parse(text, "file.toml", IMAGES))
        self.assertEqual(struct.unpack_from("<I", data, 32 + PROCESS_BYTES * 2 + 332)[0], 3)
        self.assertEqual(struct.unpack_from("<II", data, 32 + PROCESS_BYTES * 3 + 112 * 2 + 80),
                         (2, system_binary.ROOT))


if __name__ == "__main__":
    unittest.main()
