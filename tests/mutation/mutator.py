"""Finds what can be mutated in C++ sources, as libclang parses them.

Contexts that a compiler evaluates (constants, template arguments, array bounds,
case labels, static_assert, enumerators, fold expressions) are left alone.
"""
import dataclasses
import pathlib
import re

import clang.cindex
from clang.cindex import CursorKind as Kind

_RELATIONAL = {'<': ('<=', '>='), '<=': ('<', '>'), '>': ('>=', '<='),
               '>=': ('>', '<'), '==': ('!=',), '!=': ('==',)}
_LOGICAL = {'&&': ('||',), '||': ('&&',)}
_ARITHMETIC = {'+': ('-',), '-': ('+',), '*': ('/',), '/': ('*',),
               '%': ('*',), '<<': ('>>',), '>>': ('<<',), '&': ('|',),
               '|': ('&',), '^': ('|',)}
_BINARY = {**_RELATIONAL, **_LOGICAL, **_ARITHMETIC}
_COMPOUND = {op + '=': tuple(other + '=' for other in others)
             for op, others in _ARITHMETIC.items()}
_OPERATOR = re.compile(
    r'\s*(<<=|>>=|<=|>=|==|!=|&&|\|\||<<|>>|[-+*/%&|^]=|[-+*/%&|^<>=])\s*')

_FUNCTIONS = (Kind.FUNCTION_DECL, Kind.CXX_METHOD, Kind.FUNCTION_TEMPLATE,
              Kind.CONSTRUCTOR, Kind.DESTRUCTOR, Kind.CONVERSION_FUNCTION)
_CLASSES = (Kind.CLASS_DECL, Kind.STRUCT_DECL, Kind.CLASS_TEMPLATE,
            Kind.CLASS_TEMPLATE_PARTIAL_SPECIALIZATION, Kind.UNION_DECL)
_CONSTANT = (Kind.ENUM_DECL, Kind.STATIC_ASSERT, Kind.TYPE_ALIAS_DECL,
             Kind.TEMPLATE_NON_TYPE_PARAMETER, Kind.TEMPLATE_TYPE_PARAMETER,
             Kind.TYPE_ALIAS_TEMPLATE_DECL, Kind.CXX_BASE_SPECIFIER,
             Kind.ALIGNED_ATTR)
_POINTERS = (clang.cindex.TypeKind.POINTER,
             clang.cindex.TypeKind.INCOMPLETEARRAY,
             clang.cindex.TypeKind.CONSTANTARRAY)
_HIDING_MACROS = re.compile(r'\bABSL_PREDICT_(?:TRUE|FALSE)(?=\()')


@dataclasses.dataclass
class Mutant:
    file: str
    line: int
    function: str
    constexpr: bool
    old: str
    new: str
    start: int
    end: int
    text: str  # what replaces [start, end); None: the statement goes
    source: str  # the line of the source
    nth: int = 0  # of those that are equal in file, function, source, old, new

    def key(self):
        return (self.file, self.function, self.source, self.old, self.new,
                str(self.nth))

    def text_key(self):
        return '\t'.join(self.key())

    def __str__(self):
        return '%s:%d: %s: %s => %s' % (self.file, self.line, self.function,
                                        self.old, self.new)


def visible(text):
    """The source without the macros that hide expressions from libclang."""
    return _HIDING_MACROS.sub('', text)


def find(root, names, arguments, visible_texts):
    """{name: [Mutant, ...]} of the files, all paths from the root."""
    found = {name: [] for name in names}
    headers = [name for name in names if name.endswith('.h')]
    units = [name for name in names if name.endswith('.cc')]
    unsaved = [(str(root / name), text)
               for name, text in visible_texts.items()]
    index = clang.cindex.Index.create()
    if headers:
        everything = str(root / 'all_headers.cc')
        text = ''.join('#include "%s"\n' % name for name in headers)
        _collect(root, index.parse(everything, arguments,
                                   unsaved + [(everything, text)]),
                 headers, visible_texts, found)
    for name in units:
        _collect(root, index.parse(str(root / name), arguments, unsaved),
                 [name], visible_texts, found)
    return {name: _numbered(mutants) for name, mutants in found.items()}


def _collect(root, unit, names, texts, found):
    faults = [str(d) for d in unit.diagnostics if d.severity >= d.Error]
    assert not faults, faults[:5]
    wanted = {str(root / name): name for name in names}
    _descend(unit.cursor, wanted, texts, found)


def _descend(cursor, wanted, texts, found):
    for child in cursor.get_children():
        file = child.location.file
        name = wanted.get(str(pathlib.Path(file.name))) if file else None
        if name:
            _Walk(name, texts[name], found[name]).visit(child, None)


def _numbered(mutants):
    seen = {}
    result = []
    for mutant in sorted(mutants, key=lambda m: (m.start, -m.end, m.new)):
        place = (mutant.start, mutant.end, mutant.text)
        if place in seen:
            continue
        seen[place] = True
        mutant.nth = seen.get(mutant.key()[:5], 0)
        seen[mutant.key()[:5]] = mutant.nth + 1
        result.append(mutant)
    return result


class _Walk:
    """One walk over the syntax tree of one file."""

    def __init__(self, name, text, found):
        self.name = name
        self.bytes = text.encode()
        self.lines = text.splitlines()
        self.found = found
        self.scopes = []
        self.functions = []  # (name, is constexpr)

    # --- Text ---------------------------------------------------------------

    def text(self, start, end):
        return self.bytes[start:end].decode()

    def of(self, cursor):
        return self.text(cursor.extent.start.offset, cursor.extent.end.offset)

    def is_template_argument(self, start, end):
        """clang-format sets blanks around a comparison, none around these."""
        return self.bytes[start - 1:start] == b'<' or \
            self.bytes[end:end + 1] == b'>'

    def add(self, cursor, old, new, text):
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        if self.is_template_argument(start, end) or not self.functions:
            return
        line = cursor.extent.start.line
        function, constexpr = self.functions[-1]
        self.found.append(Mutant(
            self.name, line, function, constexpr,
            ' '.join(old.split()), ' '.join(new.split()), start, end, text,
            self.lines[line - 1].strip()))

    # --- The tree -----------------------------------------------------------

    def visit(self, cursor, parent):
        try:
            kind = cursor.kind
        except ValueError:  # newer than libclang's Python part knows
            return
        if kind in _CONSTANT or self.is_constant(cursor, kind, parent):
            return
        if kind in _FUNCTIONS or kind == Kind.FIELD_DECL:
            self.visit_function(cursor)
            return
        if kind in _CLASSES:
            self.scopes.append(cursor.displayname or cursor.spelling)
        handler = getattr(self, 'on_' + kind.name.lower(), None)
        if handler is None or not handler(cursor):
            for child in cursor.get_children():
                self.visit(child, cursor)
        if kind in _CLASSES:
            self.scopes.pop()

    def is_constant(self, cursor, kind, parent):
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        if kind in (Kind.VAR_DECL, Kind.FIELD_DECL):
            if kind == Kind.VAR_DECL and not self.functions:
                return True
            head = self.text(start, cursor.location.offset)
            return bool(re.search(r'\b(constexpr|constinit)\b', head)) or (
                kind == Kind.FIELD_DECL and cursor.is_bitfield())
        if parent is not None and (parent.kind in _FUNCTIONS or parent.kind in (
                Kind.VAR_DECL, Kind.FIELD_DECL)):
            # Of the type, in front of the name or behind it.
            return (end <= parent.location.offset or
                    self.bytes[end:end + 1] == b']')
        return kind == Kind.UNEXPOSED_EXPR and bool(re.match(
            r'\(.*\.\.\.\s*\)$', self.text(start, end), re.S))

    def visit_function(self, cursor):
        outer = cursor.semantic_parent
        scope = self.scopes or (
            [] if outer.kind == Kind.TRANSLATION_UNIT else [outer.displayname])
        name = '::'.join([part for part in scope[-1:] if part] +
                         [cursor.spelling])
        children = list(cursor.get_children())
        body = [c for c in children if c.kind == Kind.COMPOUND_STMT]
        head_end = (body[0] if body else cursor).extent.start.offset
        head = self.text(cursor.extent.start.offset, head_end)
        self.functions.append(
            (name, bool(re.search(r'\b(constexpr|consteval)\b', head))))
        for child in children:
            if child.kind != Kind.PARM_DECL:
                self.visit(child, cursor)
        self.functions.pop()

    # --- Expressions --------------------------------------------------------

    def on_binary_operator(self, cursor):
        self.binary(cursor, _BINARY)

    def on_compound_assignment_operator(self, cursor):
        self.binary(cursor, _COMPOUND)

    def on_call_expr(self, cursor):
        # Operators of classes.
        if cursor.spelling.removeprefix('operator') in _RELATIONAL:
            self.binary(cursor, _RELATIONAL)

    def binary(self, cursor, replacements):
        children = list(cursor.get_children())
        if len(children) < 2:
            return
        left, right = children[0], children[-1]
        between = self.text(left.extent.end.offset, right.extent.start.offset)
        match = _OPERATOR.fullmatch(between)
        if (not match or left.extent.start.offset !=
                cursor.extent.start.offset):
            return
        op = match[1]
        pointers = [c.type.get_canonical().kind in _POINTERS
                    for c in (left, right)]
        for other in replacements.get(op, ()):
            if other == '+' and pointers[1] or other == '-' and pointers[1]:
                continue
            self.add(cursor, self.of(cursor),
                     '%s %s %s' % (self.of(left), other, self.of(right)),
                     '(%s) %s (%s)' % (self.of(left), other, self.of(right)))
        if op in _LOGICAL:
            for operand in (left, right):
                self.negate(operand)

    def on_unary_operator(self, cursor):
        operand = list(cursor.get_children())[0]
        whole, inner = self.of(cursor), self.of(operand)
        for op, other in (('++', '--'), ('--', '++')):
            if whole.startswith(op):
                self.add(cursor, whole, other + inner,
                         '%s(%s)' % (other, inner))
            elif whole.endswith(op):
                self.add(cursor, whole, inner + other,
                         '(%s)%s' % (inner, other))
        if whole.startswith('!'):
            self.add(cursor, whole, inner, '!!(%s)' % inner)
        elif whole[0] in '-~' and not whole.startswith('--') and \
                operand.kind != Kind.INTEGER_LITERAL:
            self.add(cursor, whole, inner, '+(%s)' % inner)

    def on_integer_literal(self, cursor):
        self.literal(cursor, cursor, '%s')

    def literal(self, literal, site, form):
        text = self.of(literal)
        match = re.fullmatch(r"(0[xX][\da-fA-F']+|0[bB][01']+|\d[\d']*)"
                             r'([uUlLzZ]*)', text)
        if not match:
            return
        value = int(match[1].replace("'", ''), 0)
        others = [text + ' + 1']
        if value > 0:
            others.append(text + ' - 1')
        # A compiler deduces that nobody divides by 0.
        at = literal.extent.start.offset
        divides = self.text(at - 2, at) in ('/ ', '% ')
        if value > 1 and not divides:
            others.append('0' + match[2])
        for other in others:
            self.add(site, self.of(site), form % other, form % other)

    def on_cxx_functional_cast_expr(self, cursor):
        """size_t{1}, which would not take what is no constant."""
        match = re.fullmatch(r"([\w:]+)\{([\da-fA-FxXuUlL']+)\}",
                             self.of(cursor))
        if not match:
            return False
        for literal in cursor.walk_preorder():
            if literal.kind == Kind.INTEGER_LITERAL:
                self.literal(literal, cursor, match[1] + '{%s}')
        return True

    def on_cxx_bool_literal_expr(self, cursor):
        text = self.of(cursor)
        if text in ('true', 'false'):
            other = 'false' if text == 'true' else 'true'
            self.add(cursor, text, other, other)

    def negate(self, cursor):
        """A condition that no other operator negates."""
        inner = cursor
        while inner.kind in (Kind.UNEXPOSED_EXPR, Kind.PAREN_EXPR):
            children = list(inner.get_children())
            if len(children) != 1:
                break
            inner = children[0]
        if inner.kind in (Kind.CALL_EXPR, Kind.DECL_REF_EXPR,
                          Kind.MEMBER_REF_EXPR):
            text = self.of(cursor)
            if not _is_comparison(inner):
                self.add(cursor, text, '!' + text, '!(%s)' % text)

    def on_conditional_operator(self, cursor):
        self.negate(next(cursor.get_children()))

    # --- Statements ---------------------------------------------------------

    def on_return_stmt(self, cursor):
        for child in cursor.get_children():
            if child.type.get_canonical().spelling == 'bool':
                self.negate(child)

    def on_if_stmt(self, cursor):
        start = cursor.extent.start.offset
        children = list(cursor.get_children())
        skipped = []
        if re.match(r'if\s+constexpr\b', self.text(start, start + 30)):
            skipped = children[:1]
        else:
            self.condition(cursor, children)
        for child in children:
            if child not in skipped:
                self.substatement(child, cursor)
        return True

    def on_while_stmt(self, cursor):
        children = list(cursor.get_children())
        self.condition(cursor, children)
        for child in children:
            self.substatement(child, cursor)
        return True

    def condition(self, cursor, children):
        """Of an if or a while: what ends in front of the statement's ')'."""
        for child, after in zip(children, children[1:]):
            gap = self.text(child.extent.end.offset,
                            after.extent.start.offset)
            if gap.strip() == ')' and child.kind.is_expression():
                self.negate(child)
                return

    def on_for_stmt(self, cursor):
        children = list(cursor.get_children())
        for child in children[:-1]:
            self.visit(child, cursor)
        self.substatement(children[-1], cursor)
        return True

    on_cxx_for_range_stmt = on_for_stmt

    def on_compound_stmt(self, cursor):
        for child in cursor.get_children():
            self.substatement(child, cursor)
        return True

    on_default_stmt = on_compound_stmt

    def on_case_stmt(self, cursor):
        for child in list(cursor.get_children())[1:]:
            self.substatement(child, cursor)
        return True

    def substatement(self, cursor, parent):
        """A statement that can go, if it is a call or an assignment."""
        inner = cursor
        while inner.kind == Kind.UNEXPOSED_EXPR:
            children = list(inner.get_children())
            if len(children) != 1:
                break
            inner = children[0]
        after = self.text(cursor.extent.end.offset,
                          cursor.extent.end.offset + 8)
        if after.lstrip().startswith(';') and (
                inner.kind == Kind.CALL_EXPR and
                not inner.spelling.startswith('__builtin_') or
                inner.kind == Kind.COMPOUND_ASSIGNMENT_OPERATOR or
                inner.kind == Kind.BINARY_OPERATOR and
                self.is_assignment(inner)):
            self.add(cursor, self.of(cursor), '', None)
        self.visit(cursor, parent)

    def is_assignment(self, cursor):
        left, right = list(cursor.get_children())
        return self.text(left.extent.end.offset,
                         right.extent.start.offset).strip() == '='


def _is_comparison(cursor):
    return cursor.kind == Kind.CALL_EXPR and bool(
        re.fullmatch(r'operator(==|!=|<|>|<=|>=|!)', cursor.spelling))
