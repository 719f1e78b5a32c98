# SPDX-License-Identifier: BSD-2-Clause
"""Configure and build with the CMake presets."""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = ROOT / "build"


def configure(preset, folder):
    """Run cmake; its output is shown only if it fails, and kept in configure.log."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "configure.log"
    print(f"Configuring {preset} (the first time this fetches the source of lwIP) ...", flush=True)
    with open(log, "w", encoding="utf-8") as out:
        done = subprocess.run(["cmake", "--preset", preset, "-B", str(folder)], cwd=ROOT, stdout=out,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        print(log.read_text(encoding="utf-8"), file=sys.stderr)
        sys.exit(f"cmake could not configure {preset}: see above")


def build(preset, base=DEFAULT, targets=()):
    """Configure and build base/preset; value: that folder."""
    folder = Path(base).resolve() / preset
    configure(preset, folder)
    print(f"Building {preset} ...", flush=True)
    done = subprocess.run(["ninja", "-C", str(folder), *targets], stdin=subprocess.DEVNULL,
                          env={**os.environ, "NINJA_STATUS": "[%f/%t] "}, check=False)
    if done.returncode:
        sys.exit(f"the {preset} build failed: see above")
    return folder


def image(folder, system=None):
    """The boot image of a guest build; of another system file if one is given."""
    if system is None:
        return folder / "heddle.img"
    out = folder / f"{Path(system).stem}.img"
    done = subprocess.run([sys.executable, str(ROOT / "tools/lib/image.py"), "--build", str(folder),
                           "--system", str(system), "-o", str(out)], check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return out
