"""Lets the tests import what lies beside packaging/run.py, which is no package."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Behind everything else: packaging/test.py must not stand in for the standard library's `test`.
sys.path.append(str(ROOT / "packaging"))
