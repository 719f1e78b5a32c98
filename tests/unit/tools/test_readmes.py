# SPDX-License-Identifier: BSD-2-Clause
"""The READMEs: what they name is there, and a table of files leaves none out."""
import re
import unittest
from pathlib import Path

import paths

SOURCES = {".c", ".h", ".py", ".S", ".ld", ".pml"}
# Folders whose files are told of in a README above them, with their path or in a sentence.
TOLD_ABOVE = {"libs/executor/vdso", "servers/fs/ext4", "servers/net/port", "tests/proof/memory/kernel",
              "tests/system/kernel/cases", "tools/lib"}
TABLE = re.compile(r"(?m)^\| (?:file|test|harness|model|header|in `lib/`) \|")
NAMED = re.compile(r"`([\w./-]+\.(?:c|h|py|S|ld|pml|toml|json))`")


def ours(path):
    """Not of a build folder, nor of git."""
    return not {"build", ".git"} & set(path.relative_to(paths.ROOT).parts)


def sources(folder):
    return [path for path in sorted(folder.iterdir()) if path.suffix in SOURCES]


class Readmes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = [path.relative_to(paths.ROOT) for path in sorted(paths.ROOT.rglob("*"))
                     if path.is_file() and ours(path)]
        cls.readmes = [paths.ROOT / path for path in cls.files if path.name == "README.md"]

    def test_what_they_name_is_there(self):
        ends = {Path(*path.parts[at:]) for path in self.files for at in range(len(path.parts))}
        for readme in self.readmes:
            for name in set(NAMED.findall(readme.read_text(encoding="utf-8"))):
                name = Path(*(part for part in Path(name).parts if part != ".."))
                with self.subTest(readme=str(readme.relative_to(paths.ROOT)), name=str(name)):
                    self.assertTrue(name in ends or "NAME" in name.stem, "there is no such file")

    def test_their_tables_are_whole(self):
        tables = 0
        for readme in self.readmes:
            text = readme.read_text(encoding="utf-8")
            if not TABLE.search(text):
                continue
            tables += 1
            for path in sources(readme.parent):
                with self.subTest(str(path.relative_to(paths.ROOT))):
                    self.assertTrue(re.search(rf"\b{re.escape(path.stem)}\b", text),
                                    "its README leaves it out")
        self.assertGreater(tables, 25)

    def test_each_folder_has_one(self):
        for part in ("apps", "libs", "platforms", "servers", "tests", "tools"):
            for folder in sorted({paths.ROOT / path.parent for path in self.files
                                  if path.parts[0] == part and path.suffix in SOURCES}):
                name = str(folder.relative_to(paths.ROOT))
                below = {"include", "arch"} & set(folder.relative_to(paths.ROOT).parts)
                if below or name in TOLD_ABOVE or not sources(folder):
                    continue
                with self.subTest(name):
                    self.assertTrue((folder / "README.md").exists(), "it has no README")


if __name__ == "__main__":
    unittest.main()
