"""Makes the package of the build importable."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import tested_package  # noqa: E402

sys.path.insert(0, tested_package.PACKAGE_DIR)
