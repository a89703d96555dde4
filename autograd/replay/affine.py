"""Which sums of a block have their operands in affine order, so that they are a matrix (or a part of one) times rows.

The operands of a block of sums are slots, one for each result and each term. Where results form a grid of `rows` by
`columns`, and each operand is at

    start + row * row_step + column * column_step + term * term_step

the slots need not be listed: a few numbers say it all. In a layer the first factors are the weights, a matrix, and the
second factors are the inputs, which all columns share. In a convolution the steps from term to term change where a
window goes on in the next row of an image: there the terms are cut into spans, each with steps of its own.

This file is compiled with the engine, like value.py.
"""

import array

from autograd.engine import uncompiled as cython

PER_PART = 4  # numbers that describe a part: the first result, rows, columns, how many spans;
PER_SPAN = 9  # then for each span how many terms it has, and four numbers for each factor


@cython.ccall
@cython.locals(a=cython.int[::1], b=cython.int[::1], at=cython.int, code=cython.uchar[::1], begin=cython.int)
@cython.locals(k=cython.int)
def spans_of(codes, a, b, at):
    """Where the spans of a sum begin, whose operands are listed from `at` on, and the end of the last.

    The terms of a span have one code, and the slots of both factors go on by the same steps.
    """
    code = bytearray(codes)
    found = array.array("i", [0])
    begin = 0
    for k in range(1, len(codes)):
        if code[k] != code[begin] or (
            k - begin > 1
            and (
                a[at + k] - a[at + k - 1] != a[at + begin + 1] - a[at + begin]
                or b[at + k] - b[at + k - 1] != b[at + begin + 1] - b[at + begin]
            )
        ):
            begin = k
            found.append(k)
    found.append(len(codes))
    return found


@cython.ccall
@cython.locals(a=cython.int[::1], b=cython.int[::1], at=cython.int, count=cython.int, spans=cython.int[::1])
@cython.locals(n=cython.int, kinds=cython.int, first=cython.int, reach=cython.int, end=cython.int, s=cython.int)
@cython.locals(columns=cython.int, rows=cython.int, terms=cython.int, here=cython.int, below=cython.int)
@cython.locals(beside=cython.int, begin=cython.int)
def affine_parts(codes, a, b, at, count):
    """The parts of a block of sums whose operands are in affine order, as PER_PART + spans * PER_SPAN numbers each.

    codes     what each term of each sum is
    a, b, at  the slots of the first and the second factors, from the place `at` on
    count     the number of sums
    """
    terms = len(codes)
    kinds = 1 + sum([codes[k] != codes[k - 1] for k in range(1, terms)])
    found = array.array("i", [])
    spans = spans_of(codes, a, b, at)
    first = reach = 0
    while first < count:
        if first >= reach:  # the sums from here to `reach` have the same spans and steps
            spans = spans_of(codes, a, b, at + first * terms)
            reach = first + 1
            while reach < count and has_steps(spans, a, b, at + first * terms, at + reach * terms):
                reach += 1
        n = len(spans) - 1
        columns = columns_from(spans, a, b, at + first * terms, terms, reach - first)
        rows, end = 1, first + columns
        while (
            end + columns <= reach
            and columns_from(spans, a, b, at + end * terms, terms, reach - end) == columns
            and goes_on(spans, a, b, at + first * terms, at + end * terms, terms, columns, rows)
        ):
            rows, end = rows + 1, end + columns
        if n == kinds or columns > 1:  # a sum that is cut into spans is no matrix by itself
            found.extend((first, rows, columns, n))
            for s in range(n):
                begin = spans[s]
                here = at + first * terms + begin
                below = here + columns * terms if rows > 1 else here
                beside = here + terms if columns > 1 else here
                found.append(spans[s + 1] - begin)
                step = 1 if spans[s + 1] - begin > 1 else 0
                found.extend((a[here], a[below] - a[here], a[beside] - a[here], a[here + step] - a[here]))
                found.extend((b[here], b[below] - b[here], b[beside] - b[here], b[here + step] - b[here]))
        first = end
    return found


@cython.ccall
@cython.returns(cython.bint)
@cython.exceptval(-1, check=False)
@cython.locals(spans=cython.int[::1], a=cython.int[::1], b=cython.int[::1], here=cython.int, there=cython.int)
@cython.locals(s=cython.int, k=cython.int)
def has_steps(spans, a, b, here, there):
    """Whether the operands listed from `there` on go on by the same steps, in each span, as those from `here` on."""
    for s in range(len(spans) - 1):
        for k in range(spans[s] + 1, spans[s + 1]):
            if (
                a[there + k] - a[there + k - 1] != a[here + k] - a[here + k - 1]
                or b[there + k] - b[there + k - 1] != b[here + k] - b[here + k - 1]
            ):
                return False
    return True


@cython.ccall
@cython.returns(cython.int)
@cython.exceptval(-1, check=False)
@cython.locals(spans=cython.int[::1], a=cython.int[::1], b=cython.int[::1], at=cython.int, terms=cython.int)
@cython.locals(count=cython.int, end=cython.int, s=cython.int, place=cython.int)
def columns_from(spans, a, b, at, terms, count):
    """How many results, of `count` whose operands are listed from `at` on, follow one another by the same steps."""
    for end in range(2, count):
        for s in range(len(spans) - 1):
            place = at + end * terms + spans[s]
            if (
                a[place] - a[place - terms] != a[at + terms + spans[s]] - a[at + spans[s]]
                or b[place] - b[place - terms] != b[at + terms + spans[s]] - b[at + spans[s]]
            ):
                return end
    return count


@cython.ccall
@cython.returns(cython.bint)
@cython.exceptval(-1, check=False)
@cython.locals(spans=cython.int[::1], a=cython.int[::1], b=cython.int[::1], first=cython.int, end=cython.int)
@cython.locals(terms=cython.int, columns=cython.int, rows=cython.int, s=cython.int, one=cython.int, other=cython.int)
@cython.locals(next_row=cython.int)
def goes_on(spans, a, b, first, end, terms, columns, rows):
    """Whether the results whose operands are listed from `end` on are one more row of those from `first` on."""
    for s in range(len(spans) - 1):
        one, other = first + spans[s], end + spans[s]
        next_row = one + columns * terms
        if columns > 1 and (
            a[other + terms] - a[other] != a[one + terms] - a[one]
            or b[other + terms] - b[other] != b[one + terms] - b[one]
        ):
            return False
        if a[other] - a[one] != rows * (a[next_row] - a[one]) or b[other] - b[one] != rows * (b[next_row] - b[one]):
            return False
    return True
