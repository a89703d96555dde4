# Made by "python -m autograd.stubs" from the table and the source. Do not edit.

cdef extern from "kernels.h":
    enum:
        RULE_ADD
        RULE_SUB
        RULE_MUL
        RULE_DIV
        RULE_NEG
        RULE_POS
        RULE_POW
        RULE_SIGN
        RULE_ABS
        RULE_STEP
        RULE_MAXIMUM
        RULE_MINIMUM
        RULE_LESS
        RULE_LESS_EQUAL
        RULE_EQUAL
        RULE_WHERE
        RULE_DIRECTION
        RULE_HYPOT
        RULE_ATAN2
        RULE_EXP
        RULE_EXP2
        RULE_EXPM1
        RULE_LOG
        RULE_LOG2
        RULE_LOG10
        RULE_LOG1P
        RULE_SQRT
        RULE_CBRT
        RULE_SIN
        RULE_COS
        RULE_TAN
        RULE_ASIN
        RULE_ACOS
        RULE_ATAN
        RULE_SINH
        RULE_COSH
        RULE_TANH
        RULE_ASINH
        RULE_ACOSH
        RULE_ATANH
        RULE_QUOTIENT
        RULE_GAUSS
        RULE_NORMAL
        RULE_ERF
        RULE_ERFC
        RULE_GELU
        RULE_GELU_SLOPE
        RULE_SIGMOID
        RULE_SOFTPLUS
        RULE_RELU
        RULE_LEAKY_RELU


class functions:
    def add(x, y):
        node = binary(RULE_ADD, x, y)
        return apply(TABLE[RULE_ADD], x, y) if node is None else node

    def sub(x, y):
        node = binary(RULE_SUB, x, y)
        return apply(TABLE[RULE_SUB], x, y) if node is None else node

    def mul(x, y):
        node = binary(RULE_MUL, x, y)
        return apply(TABLE[RULE_MUL], x, y) if node is None else node

    def div(x, y):
        node = binary(RULE_DIV, x, y)
        return apply(TABLE[RULE_DIV], x, y) if node is None else node

    def neg(x):
        node = unary(RULE_NEG, x)
        return apply(TABLE[RULE_NEG], x) if node is None else node

    def pos(x):
        node = unary(RULE_POS, x)
        return apply(TABLE[RULE_POS], x) if node is None else node

    def pow(x, y):
        node = binary(RULE_POW, x, y)
        return apply(TABLE[RULE_POW], x, y) if node is None else node

    def sign(x):
        node = unary(RULE_SIGN, x)
        return apply(TABLE[RULE_SIGN], x) if node is None else node

    def abs(x):
        node = unary(RULE_ABS, x)
        return apply(TABLE[RULE_ABS], x) if node is None else node

    def step(x):
        node = unary(RULE_STEP, x)
        return apply(TABLE[RULE_STEP], x) if node is None else node

    def maximum(x, y):
        node = binary(RULE_MAXIMUM, x, y)
        return apply(TABLE[RULE_MAXIMUM], x, y) if node is None else node

    def minimum(x, y):
        node = binary(RULE_MINIMUM, x, y)
        return apply(TABLE[RULE_MINIMUM], x, y) if node is None else node

    def less(x, y):
        node = binary(RULE_LESS, x, y)
        return apply(TABLE[RULE_LESS], x, y) if node is None else node

    def less_equal(x, y):
        node = binary(RULE_LESS_EQUAL, x, y)
        return apply(TABLE[RULE_LESS_EQUAL], x, y) if node is None else node

    def equal(x, y):
        node = binary(RULE_EQUAL, x, y)
        return apply(TABLE[RULE_EQUAL], x, y) if node is None else node

    def where(condition, x, y):
        node = ternary(RULE_WHERE, condition, x, y)
        return apply(TABLE[RULE_WHERE], condition, x, y) if node is None else node

    def direction(x, y):
        node = binary(RULE_DIRECTION, x, y)
        return apply(TABLE[RULE_DIRECTION], x, y) if node is None else node

    def hypot(x, y):
        node = binary(RULE_HYPOT, x, y)
        return apply(TABLE[RULE_HYPOT], x, y) if node is None else node

    def atan2(y, x):
        node = binary(RULE_ATAN2, y, x)
        return apply(TABLE[RULE_ATAN2], y, x) if node is None else node

    def exp(x):
        node = unary(RULE_EXP, x)
        return apply(TABLE[RULE_EXP], x) if node is None else node

    def exp2(x):
        node = unary(RULE_EXP2, x)
        return apply(TABLE[RULE_EXP2], x) if node is None else node

    def expm1(x):
        node = unary(RULE_EXPM1, x)
        return apply(TABLE[RULE_EXPM1], x) if node is None else node

    def log(x):
        node = unary(RULE_LOG, x)
        return apply(TABLE[RULE_LOG], x) if node is None else node

    def log2(x):
        node = unary(RULE_LOG2, x)
        return apply(TABLE[RULE_LOG2], x) if node is None else node

    def log10(x):
        node = unary(RULE_LOG10, x)
        return apply(TABLE[RULE_LOG10], x) if node is None else node

    def log1p(x):
        node = unary(RULE_LOG1P, x)
        return apply(TABLE[RULE_LOG1P], x) if node is None else node

    def sqrt(x):
        node = unary(RULE_SQRT, x)
        return apply(TABLE[RULE_SQRT], x) if node is None else node

    def cbrt(x):
        node = unary(RULE_CBRT, x)
        return apply(TABLE[RULE_CBRT], x) if node is None else node

    def sin(x):
        node = unary(RULE_SIN, x)
        return apply(TABLE[RULE_SIN], x) if node is None else node

    def cos(x):
        node = unary(RULE_COS, x)
        return apply(TABLE[RULE_COS], x) if node is None else node

    def tan(x):
        node = unary(RULE_TAN, x)
        return apply(TABLE[RULE_TAN], x) if node is None else node

    def asin(x):
        node = unary(RULE_ASIN, x)
        return apply(TABLE[RULE_ASIN], x) if node is None else node

    def acos(x):
        node = unary(RULE_ACOS, x)
        return apply(TABLE[RULE_ACOS], x) if node is None else node

    def atan(x):
        node = unary(RULE_ATAN, x)
        return apply(TABLE[RULE_ATAN], x) if node is None else node

    def sinh(x):
        node = unary(RULE_SINH, x)
        return apply(TABLE[RULE_SINH], x) if node is None else node

    def cosh(x):
        node = unary(RULE_COSH, x)
        return apply(TABLE[RULE_COSH], x) if node is None else node

    def tanh(x):
        node = unary(RULE_TANH, x)
        return apply(TABLE[RULE_TANH], x) if node is None else node

    def asinh(x):
        node = unary(RULE_ASINH, x)
        return apply(TABLE[RULE_ASINH], x) if node is None else node

    def acosh(x):
        node = unary(RULE_ACOSH, x)
        return apply(TABLE[RULE_ACOSH], x) if node is None else node

    def atanh(x):
        node = unary(RULE_ATANH, x)
        return apply(TABLE[RULE_ATANH], x) if node is None else node

    def quotient(x, y, z):
        node = ternary(RULE_QUOTIENT, x, y, z)
        return apply(TABLE[RULE_QUOTIENT], x, y, z) if node is None else node

    def gauss(x):
        node = unary(RULE_GAUSS, x)
        return apply(TABLE[RULE_GAUSS], x) if node is None else node

    def normal(x):
        node = unary(RULE_NORMAL, x)
        return apply(TABLE[RULE_NORMAL], x) if node is None else node

    def erf(x):
        node = unary(RULE_ERF, x)
        return apply(TABLE[RULE_ERF], x) if node is None else node

    def erfc(x):
        node = unary(RULE_ERFC, x)
        return apply(TABLE[RULE_ERFC], x) if node is None else node

    def gelu(x):
        node = unary(RULE_GELU, x)
        return apply(TABLE[RULE_GELU], x) if node is None else node

    def gelu_slope(x):
        node = unary(RULE_GELU_SLOPE, x)
        return apply(TABLE[RULE_GELU_SLOPE], x) if node is None else node

    def sigmoid(x):
        node = unary(RULE_SIGMOID, x)
        return apply(TABLE[RULE_SIGMOID], x) if node is None else node

    def softplus(x):
        node = unary(RULE_SOFTPLUS, x)
        return apply(TABLE[RULE_SOFTPLUS], x) if node is None else node

    def relu(x):
        node = unary(RULE_RELU, x)
        return apply(TABLE[RULE_RELU], x) if node is None else node

    def leaky_relu(x, slope=0.01):
        node = binary(RULE_LEAKY_RELU, x, slope)
        return apply(TABLE[RULE_LEAKY_RELU], x, slope) if node is None else node
