"""The mutator, on a snippet that is compiled and run."""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

_HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE))

_SNIPPET = '''
#define ABSL_PREDICT_TRUE(x) (__builtin_expect(false || (x), true))
template <int kStep>
struct Counter {
  constexpr int Next(int n) const { return n + kStep; }
  bool Below(int n) { if (ABSL_PREDICT_TRUE(n < 5)) return true; return !all; }
  static_assert(1 < 2);
  bool all = false;
};
enum Size { kSmall = 3 };
int Sum(int n) {
  constexpr int kStart = 10;
  int array[4] = {};
  int sum = kStart;
  array[1] = n;
  switch (n) { case 7: sum = Counter<2>().Next(sum); }
  return sum + array[1];
}
'''
_MAIN = '''
#include <cstdio>
int main() {
  static_assert(Counter<2>().Next(1) == 3);
  std::printf("%d %d %d %d\\n", Sum(0), Sum(7), Counter<1>().Below(5),
              Counter<1>().Below(9));
}
'''


@pytest.fixture(scope='module')
def mutator():
    try:
        import clang.cindex
        clang.cindex.Index.create()
    except (ImportError, OSError):
        pytest.skip('NOT TESTED: no python3-clang-14 here')
    import mutator
    return mutator


@pytest.fixture(scope='module')
def mutants(mutator, tmp_path_factory):
    root = tmp_path_factory.mktemp('mutation')
    (root / 'snippet.cc').write_text(_SNIPPET)
    text = mutator.visible(_SNIPPET.replace(
        '#define ABSL_PREDICT_TRUE(x)', '#define PREDICT(x)'))
    found = mutator.find(root, ['snippet.cc'], ['-std=c++20'],
                         {'snippet.cc': text})['snippet.cc']
    return text, found


def test_constants_are_left_alone(mutants):
    assert [(m.function, m.old, m.new) for m in mutants[1]] == [
        ('Counter<kStep>::Next', 'n + kStep', 'n - kStep'),
        ('Counter<kStep>::Below', 'n < 5', 'n <= 5'),
        ('Counter<kStep>::Below', 'n < 5', 'n >= 5'),
        ('Counter<kStep>::Below', '5', '0'),
        ('Counter<kStep>::Below', '5', '5 + 1'),
        ('Counter<kStep>::Below', '5', '5 - 1'),
        ('Counter<kStep>::Below', 'true', 'false'),
        ('Counter<kStep>::Below', '!all', 'all'),
        ('Counter<kStep>::all', 'false', 'true'),
        ('Sum', 'array[1] = n', ''),
        ('Sum', '1', '1 + 1'),
        ('Sum', '1', '1 - 1'),
        ('Sum', 'sum = Counter<2>().Next(sum)', ''),
        ('Sum', 'sum + array[1]', 'sum - array[1]'),
        ('Sum', '1', '1 + 1'),
        ('Sum', '1', '1 - 1')]


def test_every_mutant_lives_in_one_program(mutants, tmp_path):
    import schemata
    text, found = mutants
    numbered = list(enumerate(found))
    written = schemata.Schemata(text, numbered).text
    (tmp_path / 'snippet.cc').write_text(written + _MAIN)
    compiler = shutil.which('clang++') or shutil.which('g++')
    subprocess.run([compiler, '-std=c++20', '-I', str(_HERE.parents[1]),
                    '-o', str(tmp_path / 'snippet'),
                    str(tmp_path / 'snippet.cc')], check=True)

    def printed(**environment):
        return subprocess.run([str(tmp_path / 'snippet')], check=True,
                              env={**os.environ, **environment},
                              capture_output=True, text=True).stdout

    assert printed() == '10 19 1 1\n'
    outputs = {found[number].new or found[number].old:
               printed(PICKLE5_MUTANT=str(number))
               for number in range(len(found))}
    assert outputs['n - kStep'] == '10 15 1 1\n'
    assert outputs['n <= 5'] == '10 19 1 1\n'
    assert outputs['all'] == '10 19 0 0\n'
    assert outputs['sum - array[1]'] == '10 5 1 1\n'
    hits = tmp_path / 'hits'
    with open(hits, 'wb') as file:
        file.truncate(1 << 18)
    printed(PICKLE5_MUTANT_HITS=str(hits))
    reached = hits.read_bytes()
    assert [number for number, byte in enumerate(reached) if byte] == [
        number for number, mutant in numbered if mutant.new != 'false']


def test_a_message_of_the_compiler_finds_its_mutant(mutants):
    import schemata
    text, found = mutants
    written = schemata.Schemata(text, list(enumerate(found)))
    at = written.text.index('(sum) - (array[1])')
    line = written.text.count('\n', 0, at) + 1
    column = at - written.text.rindex('\n', 0, at)
    assert [found[number].new for number in written.at(line, column)] == [
        'sum - array[1]']
    assert written.at(2, 1) == ()


def test_a_sample_is_the_same_for_a_seed_and_of_every_file(mutants):
    import dataclasses

    import run
    template = mutants[1][0]
    population = {number: dataclasses.replace(
        template, file='a.cc' if number < 900 else 'b.cc', nth=number)
        for number in range(1000)}
    chosen = run.sample(population, 100, 1)
    assert chosen == run.sample(population, 100, 1) and len(chosen) == 100
    assert chosen != run.sample(population, 100, 2)
    assert sum(number >= 900 for number in chosen) == 10
