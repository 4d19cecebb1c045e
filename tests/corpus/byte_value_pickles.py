"""The 40 pickles of which every byte takes every value: see byte_value_test.cc.

Genuine ones are files of the golden corpus. The others are written as opcodes,
by pickletools' names; an argument stands behind a '=', escaped as in a bytes
literal, its length and its newline included.
"""
import pickletools

import corpora

_BYTES_OF = {op.name: op.code.encode('latin-1') for op in pickletools.opcodes}

# Read with buffers; with Python 2's strings as latin-1 (else ASCII).
_BUFFERS = {'buffers', '3.13/p5py/oob_bytearray'}
_LATIN1 = {'string_escapes', 'string_bodies', '2.7/p1/str_quotes',
           '2.7/p2/timedelta', '2.7/p0/date', '3.13/p5py/oob_bytearray'}

_GENUINE = '''
    2.7/p0/date 2.7/p0py/oldstyle_initargs 2.7/p1/str_quotes
    2.7/p1py/py2_long_1 2.7/p2/timedelta 2.7/p2py/cyc_dict
    3.6/p1/list_3 3.6/p2/complex 3.6/p4/bytearray_high 3.8/p0/dict_sub
    3.8/p3/shared_str 3.8/p5/dict_nested 3.11/p0/decimal_nan 3.11/p3/persid_str
    3.11/p4/frozenset_ints 3.13/p2/ext2 3.13/p4/uuid 3.13/p4py/cyc_dictsub
    3.13/p5/falsestate 3.13/p5py/oob_bytearray
'''

_WRITTEN = {
    'text_numbers': r'MARK INT=-12\n INT=00\n INT=01\n LONG=-34L\n LONG=5\n '
                    r'FLOAT=-1.5e3\n FLOAT=nan\n FLOAT=1e308\n LIST STOP',
    'binary_numbers': r'PROTO=\x04 MARK BININT=\xfe\xff\xff\xff BININT1=\x07 '
                      r'BININT2=\x01\x02 BINFLOAT=\x3f\xf8\0\0\0\0\0\1 NONE '
                      r'NEWTRUE NEWFALSE TUPLE STOP',
    'longs': r'PROTO=\x02 LONG1=\x03\x01\x02\xff LONG4=\x02\0\0\0\xff\x7f '
             r'LONG1=\x00 TUPLE3 STOP',
    'string_escapes': r"STRING='a\\x41\\\\\\n\\101\\'\\q'\n"
                      r' STRING="\\"\xe9"\n TUPLE2 STOP',
    'string_bodies': r'PROTO=\x01 BINSTRING=\x02\0\0\0a\xe9 '
                     r'SHORT_BINSTRING=\x03\x80bc TUPLE2 STOP',
    'string_ascii': r"MARK STRING='ab'\n BINSTRING=\x02\0\0\0ab "
                    r'SHORT_BINSTRING=\x01z LIST STOP',
    'unicode_escapes': r'UNICODE=a\\u20ac\\U0001f600\\\\\xe9\\ud83d\\q\n STOP',
    'unicode_bodies': r'PROTO=\x04 BINUNICODE=\x04\0\0\0a\xe2\x82\xac '
                      r'SHORT_BINUNICODE=\x04\xf0\x9f\x98\x80 '
                      r'BINUNICODE8=\x05\0\0\0\0\0\0\0\xed\xa0\xbd\xc3\xa9 '
                      r'TUPLE3 STOP',
    'bytes': r'PROTO=\x05 BINBYTES=\x02\0\0\0ab SHORT_BINBYTES=\x01c '
             r'BINBYTES8=\x02\0\0\0\0\0\0\0de '
             r'BYTEARRAY8=\x01\0\0\0\0\0\0\0f TUPLE2 TUPLE3 STOP',
    'lists': r'PROTO=\x02 EMPTY_LIST MARK BININT1=\x01 MARK NONE LIST APPENDS '
             r'EMPTY_TUPLE TUPLE1 APPEND STOP',
    'dicts': r'PROTO=\x03 EMPTY_DICT MARK BININT1=\x01 NONE BININT1=\x02 '
             r'MARK NONE NEWTRUE DICT SETITEMS EMPTY_TUPLE EMPTY_LIST SETITEM '
             r'STOP',
    'sets': r'PROTO=\x04 EMPTY_SET MARK BININT1=\x01 MARK BININT1=\x02 NONE '
            r'FROZENSET EMPTY_TUPLE ADDITEMS STOP',
    'memo_text': r'MARK NONE PUT=0\n PUT=12\n GET=0\n GET=12\n EMPTY_LIST '
                 r'PUT=7\n GET=7\n APPEND TUPLE STOP',
    'memo_binary': r'PROTO=\x04 EMPTY_LIST BINPUT=\x05 MEMOIZE '
                   r'LONG_BINPUT=\x02\x01\0\0 BINGET=\x01 '
                   r'LONG_BINGET=\x02\x01\0\0 TUPLE2 APPEND STOP',
    'stack': r'MARK NONE POP MARK POP NONE DUP MARK MARK NONE POP_MARK '
             r'POP_MARK TUPLE STOP',
    'calls': r'PROTO=\x04 GLOBAL=m\nf\n EMPTY_TUPLE REDUCE EMPTY_DICT BUILD '
             r'SHORT_BINUNICODE=\x01m SHORT_BINUNICODE=\x03C.d STACK_GLOBAL '
             r'NONE TUPLE1 NEWOBJ TUPLE2 STOP',
    'old_objects': r'MARK MARK NONE INST=m\nC\n MARK GLOBAL=m\nD\n NONE OBJ '
                   r'PERSID=id-1\n BINPERSID TUPLE STOP',
    'new_objects': r'PROTO=\x04 EXT1=\x01 EMPTY_TUPLE EMPTY_DICT '
                   r'BINUNICODE=\x01\0\0\0k NONE SETITEM NEWOBJ_EX '
                   r'MARK NONE APPENDS EXT2=\x02\x01 EXT4=\x03\0\x01\0 TUPLE3 '
                   r'STOP',
    'buffers': r'PROTO=\x05 NEXT_BUFFER NEXT_BUFFER READONLY_BUFFER TUPLE2 '
               r'NEXT_BUFFER READONLY_BUFFER MEMOIZE TUPLE2 STOP',
    'frames': r'PROTO=\x04 FRAME=\x07\0\0\0\0\0\0\0 MARK NONE BININT1=\x03 '
              r'NEWTRUE MEMOIZE POP FRAME=\x04\0\0\0\0\0\0\0 BINGET=\x00 TUPLE '
              r'STOP',
}


def _assembled(text):
    pickle = b''
    for token in text.split():
        name, _, argument = token.partition('=')
        pickle += _BYTES_OF[name]
        pickle += argument.encode().decode('unicode_escape').encode('latin-1')
    return pickle


def base_pickles():
    """[(name, encoding, whether placeholders stand for buffers, pickle)]"""
    golden = corpora.golden()
    pickles = [(name, (golden.root / (name + '.pkl')).read_bytes())
               for name in _GENUINE.split()]
    pickles += [(name, _assembled(text)) for name, text in _WRITTEN.items()]
    return [(name, 'latin1' if name in _LATIN1 else 'ASCII',
             name in _BUFFERS, pickle)
            for name, pickle in pickles]
