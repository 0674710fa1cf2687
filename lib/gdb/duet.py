# lib/gdb/duet.py - the numbers of Duet as gdb prints them. Installed as gdb/auto-load/FOLDER/libduet.so.VERSION-gdb.py,
# where gdb looks when it loads the library (prefix /usr; for another, and for programs of the headers alone, say
# `source FILE` in gdb). print/r shows the structs as they are.
#
#     du_dual8 x        2 + [1, 0, 0, 0, 0, 0, 0, 0]           value and partial derivatives
#     du_jet x          2 (d 1, dd 0)
#     du_hyper x        2 (a 1, b 1, ab 0)
#     du_straight x     2 + [1, ., 3]                          . is zero by the pattern
#     du_var y          6 (slot 5, coefficient 1), 6 (constant)
#     du_var2 y         6 + [1] (slot 5, coefficient 1 + [0])  value and coefficient with their tangents
#     du_pack p         [0, 1, 2, 3, 4, 5, 6, 7]               likewise where a value is a pack
#     du_mask m         [1, 1, 0, 0, 0, 0, 0, 0]
#     du_tensor t       mul 2x2 "loss" [1, 2, 3, 4]            with a libduet that has debugging symbols
#
# SPDX-License-Identifier: MIT
import re

import gdb
import gdb.printing

LANES = 8
SHOWN = 8  # elements of a tensor


def number(value):
    """A double, in as few digits as make it."""
    if value.is_optimized_out:
        return '<optimized out>'
    text = repr(float(value))
    return text[:-2] if text.endswith('.0') else text


def elements(value):
    """The doubles or integers of an array of vectors, one after the other."""
    kind = value.type.strip_typedefs()
    if kind.code != gdb.TYPE_CODE_ARRAY:
        return [value]
    first, last = kind.range()
    return [e for i in range(first, last + 1) for e in elements(value[i])]


def listed(texts):
    return '[' + ', '.join(texts) + ']'


def pack(value):
    return listed(number(e) for e in elements(value['w']))


def scalar(value):
    """What one value is: a double or a pack."""
    return pack(value) if value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT else number(value)


def mask(value):
    return listed('1' if int(e) else '0' for e in elements(value['w']))


def dual(value):
    return '%s + [%s]' % (number(value['v']), number(value['d']))


def duals(value, partials, of_packs):
    texts = [number(e) for e in elements(value['w'])]
    if of_packs:
        texts = [listed(texts[i:i + LANES]) for i in range(0, len(texts), LANES)]
    return '%s + %s' % (scalar(value['v']), listed(texts[:partials]))


def jet(value):
    return '%s (d %s, dd %s)' % tuple(number(value[f]) for f in ('v', 'd', 'dd'))


def hyper(value):
    return '%s (a %s, b %s, ab %s)' % tuple(number(value[f]) for f in ('v', 'a', 'b', 'ab'))


def straight(value):
    pattern = int(value['pattern'])
    partials = [scalar(value['w'][i]) if pattern >> i & 1 else '.' for i in range(pattern.bit_length())]
    return '%s + %s' % (scalar(value['v']), listed(partials))


def on_tape(value, shown, coefficient):
    """Slot and generation of the tape share ref; 0 is a constant."""
    ref = int(value['ref'])
    if ref == 0:
        return shown + ' (constant)'
    if ref & 0xffffffff == 0:
        return shown + ' (its entry could not be written: see du_tape_message)'
    return '%s (slot %d, coefficient %s)' % (shown, ref & 0xffffffff, coefficient)


def var(value):
    return on_tape(value, scalar(value['v']), scalar(value['c']))


def var2(value):
    v, vd, c, cd = (number(value[f]) for f in ('v', 'vd', 'c', 'cd'))
    return on_tape(value, '%s + [%s]' % (v, vd), '%s + [%s]' % (c, cd))


def tensor(value):
    if int(value['node']) == 0:
        if int(value['tape']) != 0:
            return 'failed (see du_tape_message)'
        return number(value['scalar']) + ' (constant)'
    try:
        node = value['node'].dereference()
        shape = [int(node['shape']['n'][i]) for i in range(int(node['shape']['rank']))]
        name = node['name'].string()
        size = int(node['size'])
        texts = [number(node['value'][i]) for i in range(min(size, SHOWN))] + (['...'] if size > SHOWN else [])
        what = node['op'].string() if int(node['slot']) else 'constant'
        return ' '.join([what, 'x'.join(map(str, shape)) or 'of rank 0'] + (['"%s"' % name] if name else []) + [listed(texts)])
    except (gdb.error, gdb.MemoryError, KeyError, TypeError):  # no symbols of the library, or not initialised yet
        return 'tensor of node %s' % value['node'].format_string(format='x')


class Printer:
    def __init__(self, show, value):
        self.show, self.value = show, value

    def to_string(self):
        try:
            return self.show(self.value)
        except gdb.MemoryError:
            return '<not readable>'


FIXED = {'du_dual': dual, 'du_jet': jet, 'du_hyper': hyper, 'du_var': var, 'du_var2': var2, 'du_pack': pack,
         'du_mask': mask, 'du_pack_var': var, 'du_straight': straight, 'du_pack_straight': straight,
         'du_tensor': tensor}
DUALS = re.compile(r'du_(pack_)?dual(\d*)$')


class Numbers(gdb.printing.PrettyPrinter):
    def __init__(self):
        super().__init__('duet')

    def __call__(self, value):
        kind = value.type.unqualified()
        while True:  # the types are typedefs of structs without a tag: T, then du_dual8
            name = kind.name
            if name in FIXED:
                return Printer(FIXED[name], value)
            match = DUALS.match(name or '')
            if match:
                of_packs, partials = bool(match.group(1)), int(match.group(2) or 1)
                return Printer(lambda v: duals(v, partials, of_packs), value)
            if kind.code != gdb.TYPE_CODE_TYPEDEF:
                return None
            kind = kind.target().unqualified()


gdb.printing.register_pretty_printer(gdb.current_objfile(), Numbers(), replace=True)
