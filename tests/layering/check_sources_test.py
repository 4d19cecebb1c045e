"""Each rule of check_sources.py is broken once and must be noticed."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import check_sources  # noqa: E402

GOOD = {
    "buffers/buffer.h": "#include <string_view>\n"
                        '#include "absl/status/status.h"\n',
    "pickle/opcode.h": '#include "buffers/buffer.h"\n',
    "pickle/machine.h": '#include "pickle/opcode.h"\n',
    "pickle/ops/list_ops.h": '#include "pickle/machine.h"\n',
    "pickle/memo.h": "",
    "pickle/emitter.h": '#include "pickle/memo.h"\n'
                        '#include "pickle/opcode.h"\n',
    "pickle/value/value.h": '#include "pickle/emitter.h"\n'
                            "// absl::string_view is not used here.\n",
    "pickle/value/load.cc": '#include "pickle/machine.h"\n'
                            '#include "pickle/value/value.h"\n'
                            "absl::string_view text;\n",
    "pickle/inspect/stat.h": '#include "pickle/value/value.h"\n',
    "pickle/inspect/stat.cc": '#include <nlohmann/json.hpp>\n',
    "pickle/pickle5.h": '#include "pickle/value/value.h"\n'
                        '#include "pickle/inspect/stat.h"\n',
    "pickle/cli/load.cc": "#include <CLI/CLI.hpp>\n"
                          '#include "pickle/inspect/stat.h"\n',
    "pickle/python/module.cc": "#include <Python.h>\n"
                               '#include "pickle/emitter.h"\n',
    "tests/pickle/memo_test.cc": '#include "pickle/memo.h"\n'
                                 '#include "pickle/machine.h"\n',
}


def findings_of(changes):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**GOOD, **changes}.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return check_sources.Checker(folder).run()


class CheckSources(unittest.TestCase):

    def assert_found(self, name, text, message):
        found = findings_of({name: text})
        self.assertTrue(
            any(f.startswith(f"{name}:") and message in f for f in found),
            f"{message!r} not in {found}")

    def test_the_good_tree_passes(self):
        self.assertEqual(findings_of({}), [])

    def test_include_against_the_direction(self):
        for name, included in (
                ("buffers/buffer.h", "pickle/opcode.h"),
                ("buffers/buffer.cc", "pickle/opcode.h"),
                ("pickle/opcode.h", "pickle/value/value.h"),
                ("pickle/scanner.cc", "pickle/inspect/stat.h"),
                ("pickle/emitter.cc", "pickle/machine.h"),
                ("pickle/framer.h", "pickle/ops/list_ops.h"),
                ("pickle/memo.h", "pickle/machine.h"),
                ("pickle/machine.h", "pickle/emitter.h"),
                ("pickle/ops/list_ops.h", "pickle/memo.h"),
                ("pickle/value/value.h", "pickle/inspect/stat.h"),
                ("pickle/python/module.cc", "pickle/value/value.h"),
                ("pickle/value/value.h", "pickle/pickle5.h"),
                ("pickle/cli/load.cc", "pickle/machine.h"),
                ("pickle/value/value.cc", "tests/pickle/fixture.h")):
            with self.subTest(f"{name} includes {included}"):
                found = findings_of({name: f'#include "{included}"\n',
                                     "tests/pickle/fixture.h": ""})
                self.assertTrue(any(f.startswith(f"{name}:1: ")
                                    and f'("{included}")' in f
                                    for f in found), found)

    def test_inspect_never_includes_cli(self):
        found = findings_of({
            "pickle/cli/exit_code.h": "",
            "pickle/inspect/stat.cc": '#include "pickle/cli/exit_code.h"\n'})
        self.assertIn("inspect includes cli", found[0])

    def test_emitter_reaches_machine_through_another_header(self):
        found = findings_of({
            "pickle/limits.h": '#include "pickle/machine.h"\n',
            "pickle/emitter.h": '#include "pickle/limits.h"\n'})
        self.assertTrue(any("emitter reaches machine" in f for f in found))

    def test_python_header_outside_python(self):
        self.assert_found("pickle/value/value.cc", "#include <Python.h>\n",
                          "Python.h outside")

    def test_cli_libraries_in_a_public_header(self):
        self.assert_found("pickle/inspect/stat.h",
                          "#include <nlohmann/json.hpp>\n", "public header")
        self.assert_found("pickle/value/value.h", "#include <CLI/CLI.hpp>\n",
                          "public header")

    def test_absl_types_in_a_public_header(self):
        for text in ("absl::string_view name;", "absl::optional<int> x;",
                     "absl::Span<int> s;", "absl::variant<int> v;",
                     "absl::any a;"):
            with self.subTest(text):
                self.assert_found("pickle/value/value.h", text + "\n",
                                  "public header")
        self.assert_found("buffers/buffer.h",
                          '#include "absl/types/span.h"\n', "public header")

    def test_include_path_not_from_the_root(self):
        for name in ("value.h", "pickle/value.h"):
            self.assert_found("pickle/value/load.cc", f'#include "{name}"\n',
                              "not a path from the root")

    def test_file_too_long(self):
        self.assert_found("pickle/scanner.cc", "\n" * 801, "more than 800")
        self.assertEqual(findings_of({"pickle/scanner.cc": "\n" * 800}), [])

    def test_not_ascii(self):
        self.assert_found("pickle/scanner.cc", "// caf\u00e9\n", "not ASCII")


if __name__ == "__main__":
    unittest.main()
