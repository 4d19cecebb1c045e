"""Where the package under test is."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE_DIR = os.environ.get("PICKLE5_PYTHON_DIR",
                             str(ROOT / "build" / "release" / "python"))
