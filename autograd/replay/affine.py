"""Which sums of a block have their operands in affine order, so that they are a matrix (or a part of one) times rows.

The operands of a block of sums are slots, one for each result and each term. Where results form a grid of `rows` by
`columns`, and each operand is at

    start + row * row_step + column * column_step + term * term_step

the slots need not be listed: four numbers say it all. In a layer the first factors are the weights, a matrix, and the
second factors are the inputs, which all columns share.

This file is compiled with the engine, like value.py.
"""

import array

from autograd.engine import uncompiled as cython

if not cython.compiled:
    from autograd.replay.tape import integers

PER_PART = 3  # numbers that describe a part: the first result, rows, columns;
PER_SPAN = 9  # then for each span of terms of one code how many they are, and four numbers for each factor


def spans_of(codes):
    """Where the terms of one code begin, and the end of the last."""
    return array.array("i", [k for k in range(len(codes)) if k == 0 or codes[k] != codes[k - 1]] + [len(codes)])


@cython.ccall
@cython.locals(a=cython.int[::1], b=cython.int[::1], at=cython.int, count=cython.int, spans=cython.int[::1])
@cython.locals(lines=cython.int[::1], n=cython.int, k=cython.int, end=cython.int, first=cython.int, s=cython.int)
@cython.locals(columns=cython.int, rows=cython.int, line=cython.int, width=cython.int)
def affine_parts(codes, a, b, at, count):
    """The parts of a block of sums whose operands are in affine order, as PER_PART + spans * PER_SPAN numbers each.

    codes     what each term of each sum is
    a, b, at  the slots of the first and the second factors, from the place `at` on
    count     the number of sums
    """
    spans = spans_of(codes)
    n = len(spans) - 1
    width = 4 * n
    lines = integers(count * width + 1)  # for each result and span: the slot and the step of each factor
    known = bytearray(count)
    for k in range(count):
        known[k] = find_line(spans, a, b, at + k * len(codes), lines, k * width)
    found = array.array("i", [])
    first = 0
    while first < count:
        if not known[first]:
            first += 1
            continue
        columns = columns_from(lines, known, first, count, width)
        rows, end = 1, first + columns
        while (
            end + columns <= count
            and columns_from(lines, known, end, count, width) == columns
            and goes_on(lines, first, end, columns, rows, width)
        ):
            rows, end = rows + 1, end + columns
        found.extend((first, rows, columns))
        for s in range(n):
            found.append(spans[s + 1] - spans[s])
            for k in range(2):
                line = 4 * s + 2 * k
                found.append(lines[first * width + line])
                found.append(lines[(first + columns) * width + line] - lines[first * width + line] if rows > 1 else 0)
                found.append(lines[(first + 1) * width + line] - lines[first * width + line] if columns > 1 else 0)
                found.append(lines[first * width + line + 1])
        first = end
    return found


@cython.ccall
@cython.returns(cython.bint)
@cython.exceptval(-1, check=False)
@cython.locals(spans=cython.int[::1], a=cython.int[::1], b=cython.int[::1], at=cython.int, lines=cython.int[::1])
@cython.locals(place=cython.int, s=cython.int, k=cython.int, begin=cython.int, end=cython.int, step_a=cython.int)
@cython.locals(step_b=cython.int)
def find_line(spans, a, b, at, lines, place):
    """Write down the slot and the step of each factor of one sum; returns whether the steps are the same throughout."""
    for s in range(len(spans) - 1):
        begin, end = at + spans[s], at + spans[s + 1]
        step_a = a[begin + 1] - a[begin] if end - begin > 1 else 0
        step_b = b[begin + 1] - b[begin] if end - begin > 1 else 0
        for k in range(begin + 1, end):
            if a[k] - a[k - 1] != step_a or b[k] - b[k - 1] != step_b:
                return False
        lines[place], lines[place + 1], lines[place + 2], lines[place + 3] = a[begin], step_a, b[begin], step_b
        place += 4
    return True


@cython.ccall
@cython.returns(cython.int)
@cython.exceptval(-1, check=False)
@cython.locals(lines=cython.int[::1], known=cython.uchar[::1], first=cython.int, count=cython.int, width=cython.int)
@cython.locals(end=cython.int, i=cython.int)
def columns_from(lines, known, first, count, width):
    """How many results, from the first on, follow one another by the same steps."""
    end = first + 1
    while end < count and known[end]:
        for i in range(0, width, 2):
            if lines[end * width + i + 1] != lines[first * width + i + 1] or (
                lines[end * width + i] - lines[(end - 1) * width + i]
                != lines[(first + 1) * width + i] - lines[first * width + i]
            ):
                return end - first
        end += 1
    return end - first


@cython.ccall
@cython.returns(cython.bint)
@cython.exceptval(-1, check=False)
@cython.locals(lines=cython.int[::1], first=cython.int, end=cython.int, columns=cython.int, rows=cython.int)
@cython.locals(width=cython.int, i=cython.int, step=cython.int)
def goes_on(lines, first, end, columns, rows, width):
    """Whether the results from `end` on are one more row of those from the first on."""
    for i in range(0, width, 2):
        if lines[end * width + i + 1] != lines[first * width + i + 1]:
            return False
        if columns > 1 and (
            lines[(end + 1) * width + i] - lines[end * width + i]
            != lines[(first + 1) * width + i] - lines[first * width + i]
        ):
            return False
        step = lines[(first + columns) * width + i] - lines[first * width + i]
        if lines[end * width + i] - lines[first * width + i] != rows * step:
            return False
    return True
