"""What the figures were measured with."""

import datetime
import os
import pathlib
import platform
import subprocess

PYTHON_FACTS = (
    "import platform, sys, sysconfig;"
    "flags = str(sysconfig.get_config_var('CONFIG_ARGS'));"
    "print(platform.python_version(), platform.python_compiler(), "
    "'PGO' if '--enable-optimizations' in flags else 'no PGO', "
    "'LTO' if '--with-lto' in flags else 'no LTO', sep=', ')")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout.strip()


def python_version(exe):
    return output(exe, "-c",
                  "import platform; print(platform.python_version())")


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def memory():
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return f"{pages / 2**30:.0f} GiB"


def build_flags(build_dir):
    """How the build compiles what is measured."""
    cache = {}
    for line in (build_dir / "CMakeCache.txt").read_text().splitlines():
        name, separator, value = line.partition("=")
        if separator:
            cache[name.split(":")[0]] = value
    kind = cache.get("CMAKE_BUILD_TYPE", "")
    flags = (cache.get("CMAKE_CXX_FLAGS", ""),
             cache.get(f"CMAKE_CXX_FLAGS_{kind.upper()}", ""))
    return " ".join(flag for flag in flags if flag)


def describe_machine(build_dir):
    """Rows of (what, which)."""
    return [("date", datetime.date.today().isoformat()),
            ("processor", f"{processor()}, {os.cpu_count()} cores, {memory()}"),
            ("system", f"{platform.system()} {platform.release()}"),
            ("load average at the end",
             " ".join(f"{load:.1f}" for load in os.getloadavg())),
            ("flags", build_flags(build_dir))]


def describe(build_dir, server, pythons):
    """The same, with what the core suite's programs are made of."""
    rows = describe_machine(build_dir)
    for line in output(server, "--versions").splitlines():
        rows.append(tuple(line.split("\t")))
    for exe in pythons:
        rows.append(("CPython", output(exe, "-c", PYTHON_FACTS)))
    return rows
