"""A dask LocalCluster whose processes all have pkl5.install() called.

Its nannies talk to their spawned workers through pipes that stay open.
"""

import os
import subprocess
import sys

import pytest

import tested_package

pytest.importorskip(
    "distributed", reason="NOTE: no dask.distributed here: its LocalCluster is "
    "not tried; pip install dask distributed")

# Every interpreter of the cluster imports it as it starts.
INSTALL = """
import pkl5
pkl5.install()
"""

CLUSTER = """
import pickle
import sys

import pkl5
from distributed import Client, LocalCluster


def is_installed():
    return pickle.dumps is pkl5.dumps and pickle.Unpickler is pkl5.Unpickler


def square(number):
    return number * number


def main():
    assert is_installed()
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True,
                      dashboard_address=None) as cluster:
        with Client(cluster) as client:
            assert set(client.run(is_installed).values()) == {True}
            assert len(client.run(is_installed)) == 2
            assert client.run_on_scheduler(is_installed)
            squares = client.map(square, range(100))
            assert client.submit(sum, squares).result(60) == 328350
            large = client.scatter(b"x" * (5 << 20))
            assert client.submit(len, large).result(60) == 5 << 20
            text = client.submit(str.upper, "x" * (5 << 20)).result(60)
            assert text == "X" * (5 << 20)
    print("computed")


if __name__ == "__main__":
    main()
"""


def test_a_local_cluster_starts_and_computes(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(INSTALL)
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True,
        timeout=180, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(
            (str(tmp_path), tested_package.PACKAGE_DIR))})
    assert done.stdout.endswith("computed\n"), done.stderr
