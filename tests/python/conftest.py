"""Makes the package of the build importable."""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE_DIR = os.environ.get("PICKLE5_PYTHON_DIR",
                             str(ROOT / "build" / "release" / "python"))
sys.path.insert(0, PACKAGE_DIR)
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
