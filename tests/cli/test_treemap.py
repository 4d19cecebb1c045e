"""pkl5 stat --html: the page, and the page in a browser."""
import html.parser
import json
import pickle
import re
import shutil
import subprocess

import pytest

HOSTILE = ['</script><script>document.title="hit"</script>',
           '<img src=x onerror="document.title=\'hit\'">',
           '--><!--<script>', '&lt;b&gt;', '"\'`', '\u2028\ud800\x00']


class _Elements(html.parser.HTMLParser):
    """The elements of a page, and the text of its block of data."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.data, self._in_data = [], '', False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._in_data = ('id', 'data') in attributes

    def handle_endtag(self, tag):
        self._in_data = False

    def handle_data(self, data):
        if self._in_data:
            self.data += data


@pytest.fixture
def page(pkl5, tmp_path):
    """page(value, name): the page's path, its elements and its data."""
    def run(value, name='value.pkl'):
        path, out = tmp_path / name, tmp_path / 'page.html'
        path.write_bytes(pickle.dumps(value, 4))
        pkl5('stat', '--html', out, path)
        found = _Elements(out.read_text('ascii'))
        return out, found.elements, json.loads(found.data)
    return run


def _walk(node, depth=1):
    yield node, depth
    for child in node[5]:
        yield from _walk(child, depth + 1)


def test_the_tree_has_all_bytes(page):
    value = {'a': [list(range(300)), 'x' * 5000], 'b': {'c': b'y' * 700}}
    _, _, data = page(value)
    step, kind, size, _, _, children = data['tree']
    assert (step, kind) == ('', 'dict of 2') and size > 5700
    assert {'.a', '.b'} <= {child[0] for child in children}
    for node, _ in _walk(data['tree']):
        assert sum(child[2] for child in node[5]) + node[4] <= node[2]


def test_hostile_names_stay_text(page):
    value = {name: [name * 50] for name in HOSTILE}
    _, elements, data = page(value, 'a<b>&"c.pkl')
    scripts = [found for tag, found in elements if tag == 'script']
    assert scripts == [{'type': 'application/json', 'id': 'data'}, {}]
    assert not {'img', 'b'} & {tag for tag, _ in elements}
    assert data['title'].endswith('a<b>&"c.pkl')
    steps = ''.join(child[0] for child in data['tree'][5])
    assert '</script>' in steps and 'onerror' in steps


def test_nothing_is_loaded(page):
    out, elements, _ = page([1])
    text = out.read_text()
    assert not re.search(r'(https?:)?//[a-z]|url\(|@import', text.replace(
        '// Lays', '').replace('// A node', ''))
    for tag, found in elements:
        assert tag not in ('link', 'iframe', 'object', 'embed', 'base')
        assert not {'src', 'href', 'onload', 'onclick'} & set(found)
    policy, = [found['content'] for tag, found in elements
               if tag == 'meta' and 'http-equiv' in found]
    assert policy.startswith("default-src 'none'; ")
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]{43}='$", policy)


def test_large_pickles_make_small_pages(page):
    many = page({str(i): [i, str(i) * 3] for i in range(100000)})
    wide = page([['x' * 50] * 3 for _ in range(50000)])
    deep = []
    for _ in range(150):
        deep = [deep, 'y' * 500]
    deep = page(deep)
    for out, _, data in (many, wide, deep):
        assert len(out.read_text()) < 3 << 20
        nodes = list(_walk(data['tree']))
        assert len(nodes) <= 10000
        assert max(depth for _, depth in nodes) <= 32
    assert many[2]['tree'][3] > 0


def test_only_one_file_is_drawn(pkl5, dumped, tmp_path):
    path, out = dumped([1]), tmp_path / 'out.html'
    pkl5('stat', '--html', out, path, path, code=2)
    pkl5('stat', '--html', out, '--json', path, code=2)
    assert not out.exists()
    assert pkl5('stat', '--html', '-', path).stdout.startswith(b'<!DOCTYPE')
    pkl5('stat', '--html', tmp_path / 'none' / 'out.html', path, code=4)


@pytest.fixture
def browser(tmp_path):
    """browser(page, *options): what headless Chromium prints of a page."""
    chromium = shutil.which('chromium') or shutil.which('chromium-browser')
    if chromium is None:
        pytest.skip('NO CHROMIUM: the treemap was not drawn by a browser')

    def run(path, *options):
        done = subprocess.run(
            [chromium, '--headless', '--no-sandbox', '--disable-gpu',
             '--disable-dev-shm-usage', '--no-first-run',
             '--user-data-dir=%s' % (tmp_path / 'profile'),
             '--window-size=1000,700', '--virtual-time-budget=2000',
             *options, path.as_uri()],
            capture_output=True, timeout=240, check=True)
        return done.stdout.decode()
    return run


def test_a_browser_draws_it(page, browser, tmp_path):
    value = {name: ['z' * (500 + 100 * i)] for i, name in enumerate(HOSTILE)}
    value['large'] = list(range(5000))
    out, _, _ = page(value, 'a<b>.pkl')
    drawn = browser(out, '--dump-dom')
    assert len(re.findall(r'class="box', drawn)) > 7
    assert '.large list of 5000' in drawn
    title = re.search(r'<title>(.*?)</title>', drawn).group(1)
    assert title.endswith('a&lt;b&gt;.pkl')
    tags = [tag for tag, _ in _Elements(drawn).elements]
    assert 'img' not in tags and tags.count('script') == 2
    widths = [float(found) for found in re.findall(
        r'class="box[^"]*" title="[^"]*" style="[^"]* width: ([0-9.]+)px',
        drawn)]
    assert widths and max(widths) > 100
    shot = tmp_path / 'shot.png'
    browser(out, '--screenshot=%s' % shot)
    assert shot.stat().st_size > 5000
