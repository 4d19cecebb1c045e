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
    "buffers/system/owned_fd.h": '#include "buffers/buffer.h"\n',
    "buffers/bytes/byte_reader.h": '#include "buffers/system/owned_fd.h"\n',
    "buffers/files/file_sink.h": '#include "buffers/bytes/byte_reader.h"\n',
    "buffers/filters/limiting_sink.h": '#include "buffers/buffer.h"\n',
    "buffers/streams/message.h": '#include "buffers/files/file_sink.h"\n',
    "buffers/arena/shm_arena.h": '#include "buffers/streams/message.h"\n',
    "pickle/export.h": '#include "buffers/buffer.h"\n',
    "pickle/protocol/opcode.h": '#include "pickle/export.h"\n',
    "pickle/text/utf8.h": '#include "pickle/protocol/opcode.h"\n',
    "pickle/machine/machine.h": '#include "pickle/text/utf8.h"\n',
    "pickle/machine/ops/list_ops.h": '#include "pickle/machine/machine.h"\n',
    "pickle/emitter/memo.h": "",
    "pickle/emitter/emitter.h": '#include "pickle/emitter/memo.h"\n'
                                '#include "pickle/protocol/opcode.h"\n',
    "pickle/value/value.h": '#include "pickle/emitter/emitter.h"\n'
                            "// absl::string_view is not used here.\n",
    "pickle/value/load.cc": '#include "pickle/machine/machine.h"\n'
                            '#include "pickle/value/value.h"\n'
                            "absl::string_view text;\n",
    "pickle/show/json.h": '#include "pickle/value/value.h"\n',
    "pickle/archive/writer.h": '#include "pickle/emitter/emitter.h"\n',
    "pickle/numpy/npy.h": '#include "pickle/show/json.h"\n',
    "pickle/inspect/stat.h": '#include "pickle/numpy/npy.h"\n',
    "pickle/inspect/known_globals/torch.cc":
        '#include "pickle/inspect/stat.h"\n',
    "pickle/inspect/stat.cc": '#include <nlohmann/json.hpp>\n',
    "pickle/pickle5.h": '#include "pickle/value/value.h"\n'
                        '#include "pickle/inspect/stat.h"\n',
    "pickle/cli/load.cc": "#include <CLI/CLI.hpp>\n"
                          '#include "pickle/inspect/stat.h"\n',
    "pickle/python/module.cc": "#include <Python.h>\n"
                               '#include "pickle/python/dump/walker.h"\n',
    "pickle/python/dump/walker.h": "#include <Python.h>\n"
                                   '#include "pickle/emitter/emitter.h"\n',
    "pickle/python/load/builder.h": '#include "pickle/machine/machine.h"\n',
    "pickle/python/look/tree.cc": '#include "pickle/value/value.h"\n',
    "tests/pickle/memo_test.cc": '#include "pickle/emitter/memo.h"\n'
                                 '#include "pickle/machine/machine.h"\n',
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
                ("buffers/buffer.h", "buffers/system/owned_fd.h"),
                ("buffers/buffer.cc", "pickle/protocol/opcode.h"),
                ("buffers/system/owned_fd.h", "buffers/bytes/byte_reader.h"),
                ("buffers/files/file_sink.h", "buffers/filters/limiting_sink.h"),
                ("buffers/filters/limiting_sink.h", "buffers/files/file_sink.h"),
                ("buffers/files/file_sink.h", "buffers/streams/message.h"),
                ("buffers/streams/message.h", "buffers/arena/shm_arena.h"),
                ("pickle/export.h", "pickle/protocol/opcode.h"),
                ("pickle/protocol/opcode.h", "pickle/text/utf8.h"),
                ("pickle/protocol/scanner.cc", "pickle/inspect/stat.h"),
                ("pickle/text/utf8.h", "pickle/value/value.h"),
                ("pickle/emitter/emitter.cc", "pickle/machine/machine.h"),
                ("pickle/emitter/memo.h", "pickle/machine/ops/list_ops.h"),
                ("pickle/machine/machine.h", "pickle/emitter/emitter.h"),
                ("pickle/machine/ops/list_ops.h", "pickle/emitter/memo.h"),
                ("pickle/value/value.h", "pickle/show/json.h"),
                ("pickle/show/json.h", "pickle/archive/writer.h"),
                ("pickle/archive/writer.h", "pickle/show/json.h"),
                ("pickle/numpy/npy.h", "pickle/inspect/stat.h"),
                ("pickle/inspect/stat.h", "pickle/pickle5.h"),
                ("pickle/python/module.cc", "pickle/value/value.h"),
                ("pickle/python/dump/walker.h", "pickle/value/value.h"),
                ("pickle/python/load/builder.h", "pickle/python/dump/walker.h"),
                ("pickle/python/look/tree.cc", "pickle/python/dump/walker.h"),
                ("pickle/value/value.h", "pickle/pickle5.h"),
                ("pickle/cli/load.cc", "pickle/machine/machine.h"),
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
        self.assertIn("pickle/inspect includes pickle/cli", found[0])

    def test_emitter_reaches_machine_through_another_header(self):
        found = findings_of({
            "pickle/protocol/limits.h": '#include "pickle/machine/machine.h"\n',
            "pickle/emitter/emitter.h": '#include "pickle/protocol/limits.h"\n'})
        self.assertTrue(any("pickle/emitter reaches pickle/machine" in f for f in found))

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
        self.assert_found("pickle/protocol/scanner.cc", "\n" * 801, "more than 800")
        self.assertEqual(findings_of({"pickle/protocol/scanner.cc": "\n" * 800}), [])

    def test_not_ascii(self):
        self.assert_found("pickle/protocol/scanner.cc", "// caf\u00e9\n", "not ASCII")


if __name__ == "__main__":
    unittest.main()
