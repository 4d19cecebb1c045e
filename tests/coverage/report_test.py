"""What report.py makes of exports of llvm-cov."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import report  # noqa: E402

# bool Odd(int n) {
#   if (n % 2 == 1)
#     return true;
#   return false;
# }
SOURCE = "bool Odd(int n) {\n  if (n % 2 == 1)\n    return true;\n" \
         "  return false;\n}\n"


def segments(calls, odd):
    """[line, column, count, has a count, begins a region, is a gap]"""
    rest = calls - odd
    return [[1, 17, calls, True, True, False], [2, 7, calls, True, True, False],
            [2, 17, calls, True, False, False], [2, 18, odd, True, True, True],
            [3, 5, odd, True, True, False], [3, 16, rest, True, False, True],
            [4, 3, rest, True, True, False], [5, 2, 0, False, False, False]]


def branch(yes, no, line=2, column=7):
    return [line, column, line, column + 10, yes, no, 0, 0, 4]


def made(calls, odd, branches=None):
    """The report on a file of SOURCE."""
    if branches is None:
        branches = [branch(odd, calls - odd)]
    return report.FileCoverage("odd.cc", {
        "segments": segments(calls, odd), "branches": branches})


class ReportTest(unittest.TestCase):
    def test_lines_have_the_highest_count_that_is_on_them(self):
        self.assertEqual(made(5, 2).lines, {1: 5, 2: 5, 3: 2, 4: 3, 5: 3})

    def test_line_of_a_return_that_never_happened_is_missed(self):
        file = made(5, 0)
        self.assertEqual((file.lines_missed, file.branches_missed), (1, 1))
        self.assertEqual("".join(file.uncovered(SOURCE.splitlines())),
                         "    2   if (n % 2 == 1)\n"
                         "      ^ column 7 never true\n"
                         "    3     return true;\n")

    def test_branches_of_all_instantiations_are_one(self):
        file = made(5, 2, [branch(2, 0), branch(0, 3)])
        self.assertEqual((file.branches_total, file.branches_missed), (2, 0))

    def test_what_the_compiler_decided_is_no_branch(self):
        self.assertEqual(made(5, 2, [branch(0, 0)]).branches_total, 0)
        self.assertEqual(made(0, 0, [branch(0, 0)]).branches_missed, 2)

    def test_gap_says_nothing_of_a_line_where_code_goes_on(self):
        # One behind a macro in line 2, up to line 3.
        gap = [[2, 12, 0, True, False, True], [3, 3, 7, True, False, False]]
        file = report.FileCoverage("odd.cc", {
            "segments": [[1, 17, 7, True, True, False], *gap,
                         [5, 2, 0, False, False, False]], "branches": []})
        self.assertEqual(file.lines, {1: 7, 2: 7, 3: 7, 4: 7, 5: 7})

    def test_lines_of_a_gap_are_no_code(self):
        file = report.FileCoverage("odd.cc", {
            "segments": [[1, 17, 7, True, True, False],
                         [1, 30, 0, True, False, True],
                         [4, 3, 0, True, True, False],
                         [5, 2, 0, False, False, False]], "branches": []})
        self.assertEqual(file.lines, {1: 7, 4: 0, 5: 0})

    def test_report_is_of_the_files_below_the_root(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            (root / "odd.cc").write_text(SOURCE)
            names = (root / "odd.cc", "/usr/include/other.h")
            export = {"data": [{"files": [
                {"filename": str(name), "segments": segments(5, 0),
                 "branches": [branch(0, 5)]} for name in names]}]}
            (root / "export.json").write_text(json.dumps(export))
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                report.main(root / "export.json", root, root)
            self.assertEqual(said.getvalue(),
                             "lines 80.00 % (1 of 5 not executed), branches "
                             "50.00 % (1 of 2 not taken)\n")
            self.assertIn("    1 of     5      1 of     2   odd.cc",
                          (root / "files.txt").read_text())
            self.assertIn("return true", (root / "uncovered.txt").read_text())


if __name__ == "__main__":
    unittest.main()
