# SPDX-License-Identifier: BSD-2-Clause
"""Lets the tests import the modules of tools/lib."""
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/lib"))
