#include "pickle/inspect/treemap.h"

#include <memory>
#include <new>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "pickle/inspect/size_tree.h"
#include "pickle/show/json_text.h"
#include "pickle/show/sha256.h"

namespace pickle5::internal {
namespace {

constexpr std::string_view kStyle = R"css(
html, body { margin: 0; height: 100%; font: 13px/1.4 sans-serif; }
body { display: flex; flex-direction: column; color: #222; }
header { padding: 6px 10px; border-bottom: 1px solid #bbb; }
header h1 { display: inline; font-size: 15px; margin: 0 12px 0 0; }
nav { display: inline; }
nav button { font: inherit; border: 0; background: none; color: #15c;
  cursor: pointer; padding: 0 2px; max-width: 30em; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom; }
#info { color: #555; min-height: 1.4em; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; }
#map { flex: 1; position: relative; overflow: hidden; }
.box { position: absolute; box-sizing: border-box; overflow: hidden;
  border: 1px solid rgba(0, 0, 0, .45); cursor: pointer; }
.box:hover { border-color: #000; }
.label { padding: 0 3px; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; font-size: 12px; line-height: 16px; }
.rest { background: repeating-linear-gradient(45deg, #eee, #eee 6px,
  #ddd 6px, #ddd 12px); cursor: default; }
)css";

// A node is [step, type, bytes, rest_count, rest_bytes, [children]].
constexpr std::string_view kScript = R"js(
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const map = document.getElementById('map');
const info = document.getElementById('info');
const nav = document.getElementById('nav');
const LABEL = 17;
let way = [data.tree];

function size(n) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let u = 0;
  while (n >= 1024 && u < 5) { n /= 1024; ++u; }
  return (u ? n.toFixed(1) : n) + ' ' + units[u];
}
function color(type) {
  let hash = 7;
  for (const c of type.split(' ')[0]) hash = hash * 31 + c.charCodeAt(0) | 0;
  return 'hsl(' + (hash >>> 0) % 360 + ', 55%, 82%)';
}
function describe(path, node) {
  return path + '  ' + node[1] + ', ' + size(node[2]) + ', ' +
      (100 * node[2] / (data.tree[2] || 1)).toFixed(1) + ' %';
}
// Lays boxes out in a rectangle, as square as they can be.
function layout(items, x, y, w, h, place) {
  let total = items.reduce((sum, item) => sum + item.bytes, 0);
  let i = 0;
  while (i < items.length && total > 0 && w > 0 && h > 0) {
    const side = Math.min(w, h), scale = w * h / total;
    let row = 0, worst = Infinity, end = i;
    while (end < items.length) {
      const next = row + items[end].bytes;
      const area = next * scale, s2 = side * side;
      const big = items[i].bytes * scale, small = items[end].bytes * scale;
      const ratio = Math.max(s2 * big / (area * area),
                             area * area / (s2 * small || 1e-9));
      if (ratio > worst && end > i) break;
      worst = ratio;
      row = next;
      ++end;
    }
    const thick = Math.min(row * scale / side, Math.max(w, h));
    let at = 0;
    for (; i < end; ++i) {
      const long = items[i].bytes / row * side;
      if (w >= h) place(items[i], x, y + at, thick, long);
      else place(items[i], x + at, y, long, thick);
      at += long;
    }
    if (w >= h) { x += thick; w -= thick; } else { y += thick; h -= thick; }
    total -= row;
  }
}
function draw(node, chain, path, parent, x, y, w, h, depth) {
  const items = node[5].map(child => ({ node: child, bytes: child[2] }));
  if (node[4] > 0) items.push({ node: null, bytes: node[4] });
  items.sort((a, b) => b.bytes - a.bytes);
  layout(items, x, y, w, h, (item, bx, by, bw, bh) => {
    if (bw < 2 || bh < 2) return;
    const box = document.createElement('div');
    box.className = item.node ? 'box' : 'box rest';
    box.style.left = bx + 'px';
    box.style.top = by + 'px';
    box.style.width = bw + 'px';
    box.style.height = bh + 'px';
    const child = item.node;
    const here = child ? path + child[0] : path;
    const text = child ? describe(here, child)
        : here + '  ' + node[3] + ' smaller values, ' + size(item.bytes);
    box.title = text;
    box.addEventListener('mouseover', event => {
      info.textContent = text;
      event.stopPropagation();
    });
    parent.appendChild(box);
    if (child) box.style.background = color(child[1]);
    const labelled = bw > 30 && bh > LABEL;
    if (labelled) {
      const label = document.createElement('div');
      label.className = 'label';
      label.textContent = child ? (child[0] || '(part)') + ' ' + child[1] +
          ', ' + size(child[2]) : node[3] + ' smaller';
      box.appendChild(label);
    }
    if (!child) return;
    const below = chain.concat([child]);
    box.addEventListener('click', event => {
      event.stopPropagation();
      if (child[5].length) { way = below; show(); }
    });
    const top = labelled ? LABEL : 0;
    if (child[5].length && depth < 6 && bw > 12 && bh - top > 12) {
      draw(child, below, here, box, 2, top, bw - 6, bh - top - 4, depth + 1);
    }
  });
}
function show() {
  const node = way[way.length - 1];
  map.replaceChildren();
  nav.replaceChildren();
  way.forEach((step, i) => {
    const button = document.createElement('button');
    button.textContent = i ? step[0] || '(part)' : '$';
    button.addEventListener('click', () => {
      way = way.slice(0, i + 1);
      show();
    });
    nav.appendChild(button);
  });
  const path = '$' + way.slice(1).map(step => step[0]).join('');
  info.textContent = describe(path, node);
  draw(node, way, path, map, 0, 0, map.clientWidth, map.clientHeight, 0);
}
document.title = data.title;
document.getElementById('title').textContent = data.title;
window.addEventListener('resize', show);
show();
)js";

// JSON that may stand in a script element: nothing in it ends the element.
void AppendText(std::string_view text, std::string* out) {
  std::string json;
  AppendJsonString(text, /*ascii=*/true, &json);
  for (const char c : json) {
    switch (c) {
      case '<':
        out->append("\\u003c");
        break;
      case '>':
        out->append("\\u003e");
        break;
      case '&':
        out->append("\\u0026");
        break;
      default:
        out->push_back(c);
    }
  }
}

// Recursion is bounded by the levels of the tree.
void AppendNode(const SizeNode& node, std::string* out) {
  out->push_back('[');
  AppendText(node.step, out);
  out->push_back(',');
  AppendText(node.type, out);
  absl::StrAppend(out, ",", node.bytes, ",", node.rest_count, ",",
                  node.rest_bytes, ",[");
  const char* comma = "";
  for (const std::unique_ptr<SizeNode>& child : node.children) {
    out->append(comma);
    AppendNode(*child, out);
    comma = ",\n";
  }
  out->append("]]");
}

std::string HashOf(std::string_view script) {
  return absl::Base64Escape(absl::HexStringToBytes(Sha256Hex(script)));
}

std::string Page(std::string_view title, const SizeNode& tree) {
  std::string html = absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
      "'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
      "script-src 'sha256-",
      HashOf(kScript), "'\">\n<title>pkl5 stat</title>\n<style>",
      std::string(kStyle),
      "</style>\n</head>\n<body>\n<header><h1 id=\"title\"></h1>"
      "<nav id=\"nav\"></nav><div id=\"info\"></div></header>\n"
      "<div id=\"map\"><noscript>The map is drawn by the script in this "
      "file.</noscript></div>\n"
      "<script type=\"application/json\" id=\"data\">{\"title\":");
  AppendText(title, &html);
  html += ",\"tree\":";
  AppendNode(tree, &html);
  absl::StrAppend(&html, "}</script>\n<script>", std::string(kScript),
                  "</script>\n</body>\n</html>\n");
  return html;
}

}  // namespace

absl::StatusOr<std::string> TreemapHtml(std::string_view title,
                                        const Document& document,
                                        uint64_t total, size_t max_nodes) {
  try {
    return Page(title, *MakeSizeTree(document.root(), total, max_nodes));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5::internal
