"""Writes cases.jsonl, the cases of `pkl5 conform`, from the corpora.

Usage: make_cases.py > cases.jsonl

A case is a row {level, name, hex} with "tree" (the canonical tree that is
wanted) or "error" (the class of error) or neither (to be accepted), and
"identity" where the tree tells which objects are the same.
"""
import json
import pathlib
import pickle
import sys

_HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE.parent / 'corpus'))
import corpora  # noqa: E402

_PLAIN = {'none', 'bool', 'int', 'float', 'str', 'bytes', 'list', 'tuple',
          'dict', 'ref'}
_LARGEST = 700
_EXTENSIONS = ('ext1', 'ext2', 'ext4')  # what a code is, the caller decides


def _kinds(tree, found):
    if isinstance(tree, dict):
        if 't' in tree:
            found.add(tree['t'])
        for part in tree.values():
            _kinds(part, found)
    elif isinstance(tree, list):
        for part in tree:
            _kinds(part, found)
    return found


def _row(level, name, data, **wanted):
    print(json.dumps({'level': level, 'name': name, 'hex': data.hex() or '-',
                      **wanted}, sort_keys=True))


def _golden():
    corpus = corpora.golden()
    written = set()
    for row in corpus.rows:
        if (row['py'], row['impl']) != ('3.13', 'c') or row['size'] > _LARGEST:
            continue
        if 'pvm' not in row or row['nbuffers'] or row['name'] in _EXTENSIONS:
            continue
        tree, data = row['pvm'], corpus.read(row)
        name = '%s_p%d' % (row['name'], row['proto'])
        plain = _kinds(tree, set()) <= _PLAIN
        cyclic = row['name'].startswith('cyc_')
        surrogates = 'u8hex' in json.dumps(tree)
        # Ints over 512 bits stand there as digests.
        written_out = 'le_sha256' not in json.dumps(tree)
        if plain and not cyclic and not surrogates and written_out:
            _row('required', name, data, tree=tree)
            if row['name'].startswith('shared_'):
                _row('compat', name, data, tree=tree, identity=True)
            if (row['proto'] >= 2 and row['name'] not in written and
                    'sha256' not in json.dumps(tree) and
                    row['name'] != 'bytes_all'):
                written.add(row['name'])
                _row('write', row['name'], data, tree=tree)
        elif row['proto'] in (2, 4, 5) or plain:
            _row('compat', name, data, tree=tree, identity=True)


def _sample(rows, count):
    """Evenly spread over the rows, always the same ones."""
    return rows[::max(1, len(rows) // count)][:count]


def _error_class(code):
    if code.startswith('L_'):
        return 'limit'
    return 'truncated' if code == 'E_TRUNCATED' else 'malformed'


def _exceptions():
    lines = (_HERE.parent / 'corpus' / 'compat_exceptions.tsv').read_text()
    return {line.split('\t')[0] for line in lines.splitlines()}


def _hostile():
    corpus = corpora.hostile()
    rows = [row for row in corpus.rows if row['size'] <= _LARGEST and
            row['category'] != 'ext' and 'EXT' not in row['name']]
    both = [row for row in rows if row['expected'] == 'error' and
            row['cpython313']['outcome'] == 'error' and
            row['category'] in ('trunc', 'badop', 'argtrunc', 'memo', 'stack')
            # What these give, a reader's caller decides.
            and 'PERSID' not in row['name']]
    for row in _sample(both, 150):
        _row('required', row['name'], corpus.read(row), error='malformed')
    listed = _exceptions()
    judged = [row for row in rows if row['name'] not in listed and
              row['cpython313']['outcome'] in ('ok', 'error')]
    accepted = [r for r in judged if r['cpython313']['outcome'] == 'ok']
    refused = [r for r in judged if r['cpython313']['outcome'] == 'error' and
               r['category'] != 'trunc']
    for row in _sample(accepted, 150):
        _row('compat', row['name'], corpus.read(row))
    for row in _sample(refused, 150):
        _row('compat', row['name'], corpus.read(row), error='malformed')
    for row in _sample([r for r in rows if r['expected'] == 'ok'], 80):
        _row('strict', row['name'], corpus.read(row))
    for row in _sample([r for r in rows if r['expected'] == 'error' and
                        r['category'] != 'trunc'], 250):
        _row('strict', row['name'], corpus.read(row),
             error=_error_class(row['strict_code']))


def _by_hand():
    item = [1, 2]
    pair = {'t': 'list', 'id': 1, 'items': [{'t': 'int', 'v': '1'},
                                            {'t': 'int', 'v': '2'}]}
    tree = {'t': 'list', 'id': 0, 'items': [pair, {'t': 'ref', 'id': 1}]}
    for protocol in range(6):
        _row('required', 'list_twice_p%d' % protocol,
             pickle.dumps([item, item], protocol), tree=tree)
    for depth in (100, 1000, 10_000):
        _row('required', 'deep_list_%d' % depth,
             b'\x80\x02' + b']' * depth + b'a' * (depth - 1) + b'.')


if __name__ == '__main__':
    _by_hand()
    _golden()
    _hostile()
