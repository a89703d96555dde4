# How operators and functions make a node in the common case. They return None for operands that this fast path does not
# handle; apply() then deals with them.

cdef inline Value as_node(x):
    """x as a node: a Value as it is, a float or an int up to 2**52 as a Constant; None for anything else."""
    cdef double number
    if type(x) is Value or type(x) is Constant:
        return x
    if type(x) is float or type(x) is int and -2**52 <= x <= 2**52:
        number = x
        return new_constant(number) if number - number == 0.0 else constant(x)
    return None


cdef inline bint is_value(x) noexcept:
    return type(x) is Value or type(x) is Constant


cdef inline unary(int rule, x):
    cdef double out, da
    cdef Value a
    if modes and (recorder_here != NULL or lines_here or scoped_here):
        return recorded(rule, 1, x, None, None)
    if not is_value(x):
        return None
    a = <Value>x
    if modes:
        operands_come_home(a, a, a)
    out = value_1(rule, a._data)
    if (modes and no_grad_here) or type(x) is not Value:
        return None if out - out != 0.0 else new_constant(out)
    slopes_1(rule, a._data, out, &da)
    if out - out != 0.0 or da - da != 0.0:
        raise_failure(TABLE[rule], (x,))
    return new_node(rule, out, a, da, None, 0.0, None, 0.0)


cdef inline binary(int rule, x, y):
    cdef double out, da, db
    cdef Value a, b
    if type(x) is Value and type(y) is Value and not modes:  # nearly always
        a, b = <Value>x, <Value>y
        out = value_2(rule, a._data, b._data)
        slopes_2(rule, a._data, b._data, out, 3, &da, &db)
        if out - out == 0.0 and da - da == 0.0 and db - db == 0.0:
            return new_node(rule, out, a, da, b, db, None, 0.0)
        raise_failure(TABLE[rule], (x, y))
    if modes and (recorder_here != NULL or lines_here or scoped_here):
        return recorded(rule, 2, x, y, None)
    if not (is_value(x) or is_value(y)):
        return None
    a = <Value>x if type(x) is Value else as_node(x)
    b = <Value>y if type(y) is Value else as_node(y)
    if a is None or b is None:
        return None
    if modes:
        operands_come_home(a, b, b)
    out = value_2(rule, a._data, b._data)
    if (modes and no_grad_here) or not (type(a) is Value or type(b) is Value):
        return None if out - out != 0.0 else new_constant(out)
    slopes_2(rule, a._data, b._data, out, (type(a) is Value) + 2 * (type(b) is Value), &da, &db)
    if out - out != 0.0 or da - da != 0.0 or db - db != 0.0:
        raise_failure(TABLE[rule], (x, y))
    return new_node(rule, out, a, da, b, db, None, 0.0)


cdef inline ternary(int rule, x, y, z):
    cdef double out, da, db, dc
    cdef Value a, b, c
    if modes and (recorder_here != NULL or lines_here or scoped_here):
        return recorded(rule, 3, x, y, z)
    if not (is_value(x) or is_value(y) or is_value(z)):
        return None
    a, b, c = as_node(x), as_node(y), as_node(z)
    if a is None or b is None or c is None:
        return None
    if modes:
        operands_come_home(a, b, c)
    out = value_3(rule, a._data, b._data, c._data)
    if (modes and no_grad_here) or not (type(a) is Value or type(b) is Value or type(c) is Value):
        return None if out - out != 0.0 else new_constant(out)
    slopes_3(rule, a._data, b._data, c._data, out,
             (type(a) is Value) + 2 * (type(b) is Value) + 4 * (type(c) is Value), &da, &db, &dc)
    if out - out != 0.0 or da - da != 0.0 or db - db != 0.0 or dc - dc != 0.0:
        raise_failure(TABLE[rule], (x, y, z))
    return new_node(rule, out, a, da, b, db, c, dc)


cdef inline unary_operator(int rule, x):
    node = unary(rule, x)
    return apply_operator(TABLE[rule], x) if node is None else node


cdef inline binary_operator(int rule, x, y):
    node = binary(rule, x, y)
    return apply_operator(TABLE[rule], x, y) if node is None else node


cdef inline operator_add(x, y):
    return binary_operator(RULE_ADD, x, y)


cdef inline operator_sub(x, y):
    return binary_operator(RULE_SUB, x, y)


cdef inline operator_mul(x, y):
    return binary_operator(RULE_MUL, x, y)


cdef inline operator_div(x, y):
    return binary_operator(RULE_DIV, x, y)


cdef inline operator_pow(x, y):
    return binary_operator(RULE_POW, x, y)


cdef inline operator_mod(x, y):
    return binary_operator(RULE_MOD, x, y)


cdef inline operator_neg(x):
    return unary_operator(RULE_NEG, x)


cdef inline operator_pos(x):
    return unary_operator(RULE_POS, x)


cdef inline operator_abs(x):
    return unary_operator(RULE_ABS, x)


def make_function(rule):
    """The function of a rule for Values; None for a rule added after the engine was compiled."""
    function = getattr(functions, rule.name, None) if knows(rule) else None
    if function is not None:
        function.__qualname__ = rule.name
    return function


def knows(rule):
    """Whether a rule was in the table when the engine was compiled."""
    return rule.index < RULE_COUNT


def set_method(str name, function):
    """Give Value a method, or remove it if `function` is None: a compiled class accepts no assignments."""
    methods = <dict>(<Type*>Value).tp_dict
    if function is None:
        methods.pop(name, None)
    else:
        methods[name] = function
    PyType_Modified(<Type*>Value)
