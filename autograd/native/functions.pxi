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
        RULE_FLOOR
        RULE_CEIL
        RULE_MOD
        RULE_CLAMP
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
        RULE_SILU
        RULE_SOFTSIGN
        RULE_RELU
        RULE_LEAKY_RELU


class functions:
    def add(x, y):
        r"""add(x, y) = x + y, for Values and for plain numbers.

            ∂add/∂x = 1
            ∂add/∂y = 1

        Domain: all numbers.

        In LaTeX:

            \operatorname{add}(x, y) = x + y
            \frac{\partial \operatorname{add}}{\partial x} = 1
            \frac{\partial \operatorname{add}}{\partial y} = 1

        >>> x, y = Value(2.0), Value(3.0)
        >>> result = add(x, y)
        >>> result.backward()
        >>> result.data, x.grad, y.grad
        (5.0, 1.0, 1.0)
        """
        node = binary(RULE_ADD, x, y)
        return apply(TABLE[RULE_ADD], x, y) if node is None else node

    def sub(x, y):
        r"""sub(x, y) = x - y, for Values and for plain numbers.

            ∂sub/∂x = 1
            ∂sub/∂y = -1

        Domain: all numbers.

        In LaTeX:

            \operatorname{sub}(x, y) = x - y
            \frac{\partial \operatorname{sub}}{\partial x} = 1
            \frac{\partial \operatorname{sub}}{\partial y} = -1

        >>> x, y = Value(2.0), Value(3.0)
        >>> result = sub(x, y)
        >>> result.backward()
        >>> result.data, x.grad, y.grad
        (-1.0, 1.0, -1.0)
        """
        node = binary(RULE_SUB, x, y)
        return apply(TABLE[RULE_SUB], x, y) if node is None else node

    def mul(x, y):
        r"""mul(x, y) = x * y, for Values and for plain numbers.

            ∂mul/∂x = y
            ∂mul/∂y = x

        Domain: all numbers.

        In LaTeX:

            \operatorname{mul}(x, y) = x \cdot y
            \frac{\partial \operatorname{mul}}{\partial x} = y
            \frac{\partial \operatorname{mul}}{\partial y} = x

        >>> x, y = Value(2.0), Value(3.0)
        >>> result = mul(x, y)
        >>> result.backward()
        >>> result.data, x.grad, y.grad
        (6.0, 3.0, 2.0)
        """
        node = binary(RULE_MUL, x, y)
        return apply(TABLE[RULE_MUL], x, y) if node is None else node

    def div(x, y):
        r"""div(x, y) = x / y, for Values and for plain numbers.

            ∂div/∂x = 1 / y
            ∂div/∂y = -out / y if abs(out) > 1e-290 else -(x * 2**100 / y) / y * 2**-100

        Domain: y != 0.
        Raises DomainError outside it.

        In LaTeX:

            \operatorname{div}(x, y) = \frac{x}{y}
            \frac{\partial \operatorname{div}}{\partial x} = \frac{1}{y}
            \frac{\partial \operatorname{div}}{\partial y} = \begin{cases} \frac{-\operatorname{div}(x, y)}{y} & \text{if } |\operatorname{div}(x, y)| > 10^{-290} \\ \frac{-\frac{x \cdot {2}^{100}}{y}}{y} \cdot {2}^{-100} & \text{otherwise} \end{cases}

        >>> x, y = Value(2.0), Value(3.0)
        >>> result = div(x, y)
        >>> result.backward()
        >>> result.data, x.grad, y.grad
        (0.6666666666666666, 0.3333333333333333, -0.2222222222222222)
        """
        node = binary(RULE_DIV, x, y)
        return apply(TABLE[RULE_DIV], x, y) if node is None else node

    def neg(x):
        r"""neg(x) = -x, for Values and for plain numbers.

            ∂neg/∂x = -1

        Domain: all numbers.

        In LaTeX:

            \operatorname{neg}(x) = -x
            \frac{\partial \operatorname{neg}}{\partial x} = -1

        >>> x = Value(2.0)
        >>> result = neg(x)
        >>> result.backward()
        >>> result.data, x.grad
        (-2.0, -1.0)
        """
        node = unary(RULE_NEG, x)
        return apply(TABLE[RULE_NEG], x) if node is None else node

    def pos(x):
        r"""pos(x) = x, for Values and for plain numbers.

            ∂pos/∂x = 1

        Domain: all numbers. A new node with the same value: an identity.

        In LaTeX:

            \operatorname{pos}(x) = x
            \frac{\partial \operatorname{pos}}{\partial x} = 1

        >>> x = Value(2.0)
        >>> result = pos(x)
        >>> result.backward()
        >>> result.data, x.grad
        (2.0, 1.0)
        """
        node = unary(RULE_POS, x)
        return apply(TABLE[RULE_POS], x) if node is None else node

    def pow(x, y):
        r"""pow(x, y) = x ** y, for Values and for plain numbers.

            ∂pow/∂x = 0 if y == 0 and x <= 0 else y / x if x == 0 and y < 1 else y * x ** (y - 1) if x == 0 or y >= 0.5 and y < 1e15 and abs(x ** (y - 1)) > 1e-290 else y * out / x if abs(out) > 1e-290 else x ** floor(y / 2) * y * x ** (y - 1 - floor(y / 2)) if y >= 1 and y < 1e15 else x ** floor(y / 2) / x * y * x ** (y - floor(y / 2))
            ∂pow/∂y = 0 if x == 0 and y > 0 else out * log(x) if out > 1e-290 else x ** (y / 2) * log(x) * x ** (y / 2)

        Domain: x > 0 or y == floor(y) or x == 0. Never complex: a negative base needs a whole exponent, and has no derivative with respect to it. x ** 0 is 1 with derivative 0, also at x = 0; 0 ** y has derivative 0 with respect to y > 0.
        Raises DomainError outside it.

        In LaTeX:

            \operatorname{pow}(x, y) = {x}^{y}
            \frac{\partial \operatorname{pow}}{\partial y} = \begin{cases} 0 & \text{if } x = 0 \text{ and } y > 0 \\ \operatorname{pow}(x, y) \cdot \log(x) & \text{if } \operatorname{pow}(x, y) > 10^{-290} \\ {x}^{\frac{y}{2}} \cdot \log(x) \cdot {x}^{\frac{y}{2}} & \text{otherwise} \end{cases}

        >>> x, y = Value(2.0), Value(3.0)
        >>> result = pow(x, y)
        >>> result.backward()
        >>> result.data, x.grad, y.grad
        (8.0, 12.0, 5.545177444479562)
        """
        node = binary(RULE_POW, x, y)
        return apply(TABLE[RULE_POW], x, y) if node is None else node

    def sign(x):
        r"""sign(x) = 1 if x > 0 else -1 if x < 0 else 0, for Values and for plain numbers.

            ∂sign/∂x = 0

        Domain: all numbers. sign(0) is 0. The derivative is 0 everywhere, at the jump as well.

        In LaTeX:

            \operatorname{sign}(x) = \begin{cases} 1 & \text{if } x > 0 \\ -1 & \text{if } x < 0 \\ 0 & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{sign}}{\partial x} = 0

        >>> x = Value(2.0)
        >>> result = sign(x)
        >>> result.backward()
        >>> result.data, x.grad
        (1.0, 0.0)
        """
        node = unary(RULE_SIGN, x)
        return apply(TABLE[RULE_SIGN], x) if node is None else node

    def abs(x):
        r"""abs(x) = abs(x), for Values and for plain numbers.

            ∂abs/∂x = sign(x)

        Domain: all numbers. At the kink the derivative is 0, the slope of least magnitude.

        In LaTeX:

            \operatorname{abs}(x) = |x|
            \frac{\partial \operatorname{abs}}{\partial x} = \operatorname{sign}(x)

        >>> x = Value(2.0)
        >>> result = abs(x)
        >>> result.backward()
        >>> result.data, x.grad
        (2.0, 1.0)
        """
        node = unary(RULE_ABS, x)
        return apply(TABLE[RULE_ABS], x) if node is None else node

    def step(x):
        r"""step(x) = 1 if x > 0 else 0, for Values and for plain numbers.

            ∂step/∂x = 0

        Domain: all numbers. step(0) is 0. The derivative is 0 everywhere, at the jump as well.

        In LaTeX:

            \operatorname{step}(x) = \begin{cases} 1 & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{step}}{\partial x} = 0

        >>> x = Value(2.0)
        >>> result = step(x)
        >>> result.backward()
        >>> result.data, x.grad
        (1.0, 0.0)
        """
        node = unary(RULE_STEP, x)
        return apply(TABLE[RULE_STEP], x) if node is None else node

    def maximum(x, y):
        r"""maximum(x, y) = x if x >= y else y, for Values and for plain numbers.

            ∂maximum/∂x = 1 if x > y else 0.5 if x == y else 0
            ∂maximum/∂y = 1 if y > x else 0.5 if x == y else 0

        Domain: all numbers. At a tie each side has derivative 1/2, the choice of least magnitude.

        In LaTeX:

            \operatorname{maximum}(x, y) = \begin{cases} x & \text{if } x \ge y \\ y & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{maximum}}{\partial x} = \begin{cases} 1 & \text{if } x > y \\ 0.5 & \text{if } x = y \\ 0 & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{maximum}}{\partial y} = \begin{cases} 1 & \text{if } y > x \\ 0.5 & \text{if } x = y \\ 0 & \text{otherwise} \end{cases}

        >>> x, y = Value(2.0), Value(3.0)
        >>> result = maximum(x, y)
        >>> result.backward()
        >>> result.data, x.grad, y.grad
        (3.0, 0.0, 1.0)
        """
        node = binary(RULE_MAXIMUM, x, y)
        return apply(TABLE[RULE_MAXIMUM], x, y) if node is None else node

    def minimum(x, y):
        r"""minimum(x, y) = x if x <= y else y, for Values and for plain numbers.

            ∂minimum/∂x = 1 if x < y else 0.5 if x == y else 0
            ∂minimum/∂y = 1 if y < x else 0.5 if x == y else 0

        Domain: all numbers. At a tie each side has derivative 1/2, the choice of least magnitude.

        In LaTeX:

            \operatorname{minimum}(x, y) = \begin{cases} x & \text{if } x \le y \\ y & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{minimum}}{\partial x} = \begin{cases} 1 & \text{if } x < y \\ 0.5 & \text{if } x = y \\ 0 & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{minimum}}{\partial y} = \begin{cases} 1 & \text{if } y < x \\ 0.5 & \text{if } x = y \\ 0 & \text{otherwise} \end{cases}

        >>> x, y = Value(2.0), Value(3.0)
        >>> result = minimum(x, y)
        >>> result.backward()
        >>> result.data, x.grad, y.grad
        (2.0, 1.0, 0.0)
        """
        node = binary(RULE_MINIMUM, x, y)
        return apply(TABLE[RULE_MINIMUM], x, y) if node is None else node

    def floor(x):
        r"""floor(x) = floor(x), for Values and for plain numbers.

            ∂floor/∂x = 0

        Domain: all numbers. The largest whole number that is not above x. The derivative is 0 everywhere, at the jumps as well.

        In LaTeX:

            \frac{\partial \operatorname{floor}}{\partial x} = 0

        >>> x = Value(2.0)
        >>> result = floor(x)
        >>> result.backward()
        >>> result.data, x.grad
        (2.0, 0.0)
        """
        node = unary(RULE_FLOOR, x)
        return apply(TABLE[RULE_FLOOR], x) if node is None else node

    def ceil(x):
        r"""ceil(x) = -floor(-x), for Values and for plain numbers.

            ∂ceil/∂x = 0

        Domain: all numbers. The smallest whole number that is not below x. The derivative is 0 everywhere, at the jumps as well.

        In LaTeX:

            \operatorname{ceil}(x) = -\operatorname{floor}(-x)
            \frac{\partial \operatorname{ceil}}{\partial x} = 0

        >>> x = Value(2.0)
        >>> result = ceil(x)
        >>> result.backward()
        >>> result.data, x.grad
        (2.0, 0.0)
        """
        node = unary(RULE_CEIL, x)
        return apply(TABLE[RULE_CEIL], x) if node is None else node

    def mod(x, y):
        r"""mod(x, y) = 0 * y if fmod(x, y) == 0 else fmod(x, y) + y if fmod(x, y) < 0 and y > 0 or fmod(x, y) > 0 and y < 0 else fmod(x, y), for Values and for plain numbers.

            ∂mod/∂x = 1
            ∂mod/∂y = -floor((x - out) / y + 0.5) if abs(x) < 1e300 else -floor((x / 8 - out / 8) / (y / 8) + 0.5)

        Domain: y != 0. The remainder x - y ⌊x / y⌋, with the sign of y, as in Python. It jumps where it is 0; the derivatives there are those of one side.
        Raises DomainError outside it.

        In LaTeX:

            \operatorname{mod}(x, y) = \begin{cases} 0 \cdot y & \text{if } \operatorname{fmod}(x, y) = 0 \\ \operatorname{fmod}(x, y) + y & \text{if } (\operatorname{fmod}(x, y) < 0 \text{ and } y > 0) \text{ or } (\operatorname{fmod}(x, y) > 0 \text{ and } y < 0) \\ \operatorname{fmod}(x, y) & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{mod}}{\partial x} = 1
            \frac{\partial \operatorname{mod}}{\partial y} = \begin{cases} -\operatorname{floor}\left(\frac{x - \operatorname{mod}(x, y)}{y} + 0.5\right) & \text{if } |x| < 10^{300} \\ -\operatorname{floor}\left(\frac{\frac{x}{8} - \frac{\operatorname{mod}(x, y)}{8}}{\frac{y}{8}} + 0.5\right) & \text{otherwise} \end{cases}

        >>> x, y = Value(2.0), Value(3.0)
        >>> result = mod(x, y)
        >>> result.backward()
        >>> result.data, x.grad, y.grad
        (2.0, 1.0, 0.0)
        """
        node = binary(RULE_MOD, x, y)
        return apply(TABLE[RULE_MOD], x, y) if node is None else node

    def clamp(x, min=-1.7976931348623157e+308, max=1.7976931348623157e+308):
        r"""clamp(x, min, max) = minimum(maximum(x, min), max), for Values and for plain numbers.

            ∂clamp/∂x = (1 if x > min else 0.5 if x == min else 0) * (1 if maximum(x, min) < max else 0.5 if maximum(x, min) == max else 0)
            ∂clamp/∂min = (1 if min > x else 0.5 if min == x else 0) * (1 if maximum(x, min) < max else 0.5 if maximum(x, min) == max else 0)
            ∂clamp/∂max = 1 if max < maximum(x, min) else 0.5 if max == maximum(x, min) else 0

        Domain: all numbers. x, but at least min and at most max; max where min is above it. At a tie each side has derivative 1/2, the choice of least magnitude.

        In LaTeX:

            \operatorname{clamp}(x, \text{min}, \text{max}) = \operatorname{minimum}(\operatorname{maximum}(x, \text{min}), \text{max})
            \frac{\partial \operatorname{clamp}}{\partial x} = \left(\begin{cases} 1 & \text{if } x > \text{min} \\ 0.5 & \text{if } x = \text{min} \\ 0 & \text{otherwise} \end{cases}\right) \cdot \left(\begin{cases} 1 & \text{if } \operatorname{maximum}(x, \text{min}) < \text{max} \\ 0.5 & \text{if } \operatorname{maximum}(x, \text{min}) = \text{max} \\ 0 & \text{otherwise} \end{cases}\right)
            \frac{\partial \operatorname{clamp}}{\partial \text{min}} = \left(\begin{cases} 1 & \text{if } \text{min} > x \\ 0.5 & \text{if } \text{min} = x \\ 0 & \text{otherwise} \end{cases}\right) \cdot \left(\begin{cases} 1 & \text{if } \operatorname{maximum}(x, \text{min}) < \text{max} \\ 0.5 & \text{if } \operatorname{maximum}(x, \text{min}) = \text{max} \\ 0 & \text{otherwise} \end{cases}\right)
            \frac{\partial \operatorname{clamp}}{\partial \text{max}} = \begin{cases} 1 & \text{if } \text{max} < \operatorname{maximum}(x, \text{min}) \\ 0.5 & \text{if } \text{max} = \operatorname{maximum}(x, \text{min}) \\ 0 & \text{otherwise} \end{cases}

        >>> x, min, max = Value(1.0), Value(2.0), Value(3.0)
        >>> result = clamp(x, min, max)
        >>> result.backward()
        >>> result.data, x.grad, min.grad, max.grad
        (2.0, 0.0, 1.0, 0.0)
        """
        node = ternary(RULE_CLAMP, x, min, max)
        return apply(TABLE[RULE_CLAMP], x, min, max) if node is None else node

    def less(x, y):
        r"""less(x, y) = 1 if x < y else 0, for Values and for plain numbers.

            ∂less/∂x = 0
            ∂less/∂y = 0

        Domain: all numbers. The derivative is 0 everywhere.

        In LaTeX:

            \operatorname{less}(x, y) = \begin{cases} 1 & \text{if } x < y \\ 0 & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{less}}{\partial x} = 0
            \frac{\partial \operatorname{less}}{\partial y} = 0

        >>> x, y = Value(2.0), Value(3.0)
        >>> result = less(x, y)
        >>> result.backward()
        >>> result.data, x.grad, y.grad
        (1.0, 0.0, 0.0)
        """
        node = binary(RULE_LESS, x, y)
        return apply(TABLE[RULE_LESS], x, y) if node is None else node

    def less_equal(x, y):
        r"""less_equal(x, y) = 1 if x <= y else 0, for Values and for plain numbers.

            ∂less_equal/∂x = 0
            ∂less_equal/∂y = 0

        Domain: all numbers. The derivative is 0 everywhere.

        In LaTeX:

            \operatorname{less\_equal}(x, y) = \begin{cases} 1 & \text{if } x \le y \\ 0 & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{less\_equal}}{\partial x} = 0
            \frac{\partial \operatorname{less\_equal}}{\partial y} = 0

        >>> x, y = Value(2.0), Value(3.0)
        >>> result = less_equal(x, y)
        >>> result.backward()
        >>> result.data, x.grad, y.grad
        (1.0, 0.0, 0.0)
        """
        node = binary(RULE_LESS_EQUAL, x, y)
        return apply(TABLE[RULE_LESS_EQUAL], x, y) if node is None else node

    def equal(x, y):
        r"""equal(x, y) = 1 if x == y else 0, for Values and for plain numbers.

            ∂equal/∂x = 0
            ∂equal/∂y = 0

        Domain: all numbers. The derivative is 0 everywhere.

        In LaTeX:

            \operatorname{equal}(x, y) = \begin{cases} 1 & \text{if } x = y \\ 0 & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{equal}}{\partial x} = 0
            \frac{\partial \operatorname{equal}}{\partial y} = 0

        >>> x, y = Value(2.0), Value(3.0)
        >>> result = equal(x, y)
        >>> result.backward()
        >>> result.data, x.grad, y.grad
        (0.0, 0.0, 0.0)
        """
        node = binary(RULE_EQUAL, x, y)
        return apply(TABLE[RULE_EQUAL], x, y) if node is None else node

    def where(condition, x, y):
        r"""where(condition, x, y) = x if condition else y, for Values and for plain numbers.

            ∂where/∂condition = 0
            ∂where/∂x = 1 if condition else 0
            ∂where/∂y = 0 if condition else 1

        Domain: all numbers. Only the chosen side counts: the other may be infinite, or a function of no arguments that is not called.

        In LaTeX:

            \operatorname{where}(\text{condition}, x, y) = \begin{cases} x & \text{if } \text{condition} \\ y & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{where}}{\partial \text{condition}} = 0
            \frac{\partial \operatorname{where}}{\partial x} = \begin{cases} 1 & \text{if } \text{condition} \\ 0 & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{where}}{\partial y} = \begin{cases} 0 & \text{if } \text{condition} \\ 1 & \text{otherwise} \end{cases}

        >>> condition, x, y = Value(1.0), Value(2.0), Value(3.0)
        >>> result = where(condition, x, y)
        >>> result.backward()
        >>> result.data, condition.grad, x.grad, y.grad
        (2.0, 0.0, 1.0, 0.0)
        """
        node = ternary(RULE_WHERE, condition, x, y)
        return apply(TABLE[RULE_WHERE], condition, x, y) if node is None else node

    def direction(x, y):
        """direction(x, y) = x / 8 / hypot(x / 8, y / 8) if abs(x) > 1e300 or abs(y) > 1e300 else x / hypot(x, y) if hypot(x, y) > 1e-290 else 0 if x == 0 else x * 2**500 / hypot(x * 2**500, y * 2**500), for Values and for plain numbers.

            ∂direction/∂x = direction(y, x) * (y * 2**-600 / ((x * 2**-600) * (x * 2**-600) + (y * 2**-600) * (y * 2**-600)) * 2**-600) if abs(x) > 1e140 or abs(y) > 1e140 else direction(y, x) * (y * 2**600 / ((x * 2**600) * (x * 2**600) + (y * 2**600) * (y * 2**600)) * 2**600) if abs(x) < 1e-140 and abs(y) < 1e-140 else direction(y, x) * (y / (x * x + y * y))
            ∂direction/∂y = (-direction(y, x) * (x * 2**-600 / ((x * 2**-600) * (x * 2**-600) + (y * 2**-600) * (y * 2**-600)) * 2**-600) if abs(x) > 1e140 or abs(y) > 1e140 else -direction(y, x) * (x * 2**600 / ((x * 2**600) * (x * 2**600) + (y * 2**600) * (y * 2**600)) * 2**600) if abs(x) < 1e-140 and abs(y) < 1e-140 else -direction(y, x) * (x / (x * x + y * y))) if abs(x) < abs(y) else -direction(x, y) * (y * 2**-600 / ((x * 2**-600) * (x * 2**-600) + (y * 2**-600) * (y * 2**-600)) * 2**-600) if abs(x) > 1e140 or abs(y) > 1e140 else -direction(x, y) * (y * 2**600 / ((x * 2**600) * (x * 2**600) + (y * 2**600) * (y * 2**600)) * 2**600) if abs(x) < 1e-140 and abs(y) < 1e-140 else -direction(x, y) * (y / (x * x + y * y))

        Domain: all numbers. x / hypot(x, y); 0 at the origin, where it has no derivative.

        >>> x, y = Value(2.0), Value(3.0)
        >>> result = direction(x, y)
        >>> result.backward()
        >>> result.data, x.grad, y.grad
        (0.5547001962252291, 0.19201160638565626, -0.12800773759043751)
        """
        node = binary(RULE_DIRECTION, x, y)
        return apply(TABLE[RULE_DIRECTION], x, y) if node is None else node

    def hypot(x, y):
        r"""hypot(x, y) = hypot(x, y), for Values and for plain numbers.

            ∂hypot/∂x = direction(x, y)
            ∂hypot/∂y = direction(y, x)

        Domain: all numbers. At (0, 0) both derivatives are 0, the slope of least magnitude.

        In LaTeX:

            \frac{\partial \operatorname{hypot}}{\partial x} = \frac{x}{\operatorname{hypot}(x, y)}
            \frac{\partial \operatorname{hypot}}{\partial y} = \frac{y}{\operatorname{hypot}(x, y)}

        >>> x, y = Value(2.0), Value(3.0)
        >>> result = hypot(x, y)
        >>> result.backward()
        >>> result.data, x.grad, y.grad
        (3.605551275463989, 0.5547001962252291, 0.8320502943378437)
        """
        node = binary(RULE_HYPOT, x, y)
        return apply(TABLE[RULE_HYPOT], x, y) if node is None else node

    def atan2(y, x):
        r"""atan2(y, x) = atan2(y, x), for Values and for plain numbers.

            ∂atan2/∂y = x * 2**-600 / ((x * 2**-600) * (x * 2**-600) + (y * 2**-600) * (y * 2**-600)) * 2**-600 if abs(x) > 1e140 or abs(y) > 1e140 else x * 2**600 / ((x * 2**600) * (x * 2**600) + (y * 2**600) * (y * 2**600)) * 2**600 if abs(x) < 1e-140 and abs(y) < 1e-140 else x / (x * x + y * y)
            ∂atan2/∂x = -y * 2**-600 / ((x * 2**-600) * (x * 2**-600) + (y * 2**-600) * (y * 2**-600)) * 2**-600 if abs(x) > 1e140 or abs(y) > 1e140 else -y * 2**600 / ((x * 2**600) * (x * 2**600) + (y * 2**600) * (y * 2**600)) * 2**600 if abs(x) < 1e-140 and abs(y) < 1e-140 else -y / (x * x + y * y)

        Domain: all numbers. The angle of the point (x, y) in radians, from -pi to pi.

        In LaTeX:

            \frac{\partial \operatorname{atan2}}{\partial y} = \frac{x}{{x}^{2} + {y}^{2}}
            \frac{\partial \operatorname{atan2}}{\partial x} = \frac{-y}{{x}^{2} + {y}^{2}}

        >>> y, x = Value(2.0), Value(3.0)
        >>> result = atan2(y, x)
        >>> result.backward()
        >>> result.data, y.grad, x.grad
        (0.5880026035475675, 0.23076923076923078, -0.15384615384615385)
        """
        node = binary(RULE_ATAN2, y, x)
        return apply(TABLE[RULE_ATAN2], y, x) if node is None else node

    def exp(x):
        r"""exp(x) = exp(x), for Values and for plain numbers.

            ∂exp/∂x = out

        Domain: all numbers.

        In LaTeX:

            \operatorname{exp}(x) = e^{x}
            \frac{\partial \operatorname{exp}}{\partial x} = \operatorname{exp}(x)

        >>> x = Value(2.0)
        >>> result = exp(x)
        >>> result.backward()
        >>> result.data, x.grad
        (7.38905609893065, 7.38905609893065)
        """
        node = unary(RULE_EXP, x)
        return apply(TABLE[RULE_EXP], x) if node is None else node

    def exp2(x):
        r"""exp2(x) = exp2(x), for Values and for plain numbers.

            ∂exp2/∂x = out * log(2)

        Domain: all numbers.

        In LaTeX:

            \operatorname{exp2}(x) = 2^{x}
            \frac{\partial \operatorname{exp2}}{\partial x} = \operatorname{exp2}(x) \cdot \log(2)

        >>> x = Value(2.0)
        >>> result = exp2(x)
        >>> result.backward()
        >>> result.data, x.grad
        (4.0, 2.772588722239781)
        """
        node = unary(RULE_EXP2, x)
        return apply(TABLE[RULE_EXP2], x) if node is None else node

    def expm1(x):
        r"""expm1(x) = expm1(x), for Values and for plain numbers.

            ∂expm1/∂x = exp(x)

        Domain: all numbers.

        In LaTeX:

            \frac{\partial \operatorname{expm1}}{\partial x} = e^{x}

        >>> x = Value(2.0)
        >>> result = expm1(x)
        >>> result.backward()
        >>> result.data, x.grad
        (6.38905609893065, 7.38905609893065)
        """
        node = unary(RULE_EXPM1, x)
        return apply(TABLE[RULE_EXPM1], x) if node is None else node

    def log(x):
        r"""log(x) = log(x), for Values and for plain numbers.

            ∂log/∂x = 1 / x

        Domain: x > 0.
        Raises DomainError outside it.

        In LaTeX:

            \frac{\partial \log}{\partial x} = \frac{1}{x}

        >>> x = Value(2.0)
        >>> result = log(x)
        >>> result.backward()
        >>> result.data, x.grad
        (0.6931471805599453, 0.5)
        """
        node = unary(RULE_LOG, x)
        return apply(TABLE[RULE_LOG], x) if node is None else node

    def log2(x):
        r"""log2(x) = log2(x), for Values and for plain numbers.

            ∂log2/∂x = 1 / log(2) / x

        Domain: x > 0.
        Raises DomainError outside it.

        In LaTeX:

            \frac{\partial \operatorname{log2}}{\partial x} = \frac{\frac{1}{\log(2)}}{x}

        >>> x = Value(2.0)
        >>> result = log2(x)
        >>> result.backward()
        >>> result.data, x.grad
        (1.0, 0.7213475204444817)
        """
        node = unary(RULE_LOG2, x)
        return apply(TABLE[RULE_LOG2], x) if node is None else node

    def log10(x):
        r"""log10(x) = log10(x), for Values and for plain numbers.

            ∂log10/∂x = 1 / log(10) / x

        Domain: x > 0.
        Raises DomainError outside it.

        In LaTeX:

            \frac{\partial \operatorname{log10}}{\partial x} = \frac{\frac{1}{\log(10)}}{x}

        >>> x = Value(2.0)
        >>> result = log10(x)
        >>> result.backward()
        >>> result.data, x.grad
        (0.3010299956639812, 0.21714724095162588)
        """
        node = unary(RULE_LOG10, x)
        return apply(TABLE[RULE_LOG10], x) if node is None else node

    def log1p(x):
        r"""log1p(x) = log1p(x), for Values and for plain numbers.

            ∂log1p/∂x = 1 / (1 + x)

        Domain: x > -1.
        Raises DomainError outside it.

        In LaTeX:

            \frac{\partial \operatorname{log1p}}{\partial x} = \frac{1}{1 + x}

        >>> x = Value(2.0)
        >>> result = log1p(x)
        >>> result.backward()
        >>> result.data, x.grad
        (1.0986122886681096, 0.3333333333333333)
        """
        node = unary(RULE_LOG1P, x)
        return apply(TABLE[RULE_LOG1P], x) if node is None else node

    def sqrt(x):
        r"""sqrt(x) = sqrt(x), for Values and for plain numbers.

            ∂sqrt/∂x = 0.5 / out

        Domain: x >= 0.
        Raises DomainError outside it.

        In LaTeX:

            \operatorname{sqrt}(x) = \sqrt{x}
            \frac{\partial \operatorname{sqrt}}{\partial x} = \frac{0.5}{\operatorname{sqrt}(x)}

        >>> x = Value(2.0)
        >>> result = sqrt(x)
        >>> result.backward()
        >>> result.data, x.grad
        (1.4142135623730951, 0.35355339059327373)
        """
        node = unary(RULE_SQRT, x)
        return apply(TABLE[RULE_SQRT], x) if node is None else node

    def cbrt(x):
        r"""cbrt(x) = 0 if x == 0 else cbrt(x) - (cbrt(x) - x / cbrt(x) / cbrt(x)) / 3, for Values and for plain numbers.

            ∂cbrt/∂x = 1 / (3 * out * out)

        Domain: all numbers.

        In LaTeX:

            \operatorname{cbrt}(x) = \begin{cases} 0 & \text{if } x = 0 \\ \sqrt[3]{x} - \frac{\sqrt[3]{x} - \frac{\frac{x}{\sqrt[3]{x}}}{\sqrt[3]{x}}}{3} & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{cbrt}}{\partial x} = \frac{1}{3 \cdot \operatorname{cbrt}(x) \cdot \operatorname{cbrt}(x)}

        >>> x = Value(2.0)
        >>> result = cbrt(x)
        >>> result.backward()
        >>> result.data, x.grad
        (1.2599210498948732, 0.20998684164914555)
        """
        node = unary(RULE_CBRT, x)
        return apply(TABLE[RULE_CBRT], x) if node is None else node

    def sin(x):
        r"""sin(x) = sin(x), for Values and for plain numbers.

            ∂sin/∂x = cos(x)

        Domain: all numbers.

        In LaTeX:

            \frac{\partial \sin}{\partial x} = \cos(x)

        >>> x = Value(2.0)
        >>> result = sin(x)
        >>> result.backward()
        >>> result.data, x.grad
        (0.9092974268256817, -0.4161468365471424)
        """
        node = unary(RULE_SIN, x)
        return apply(TABLE[RULE_SIN], x) if node is None else node

    def cos(x):
        r"""cos(x) = cos(x), for Values and for plain numbers.

            ∂cos/∂x = -sin(x)

        Domain: all numbers.

        In LaTeX:

            \frac{\partial \cos}{\partial x} = -\sin(x)

        >>> x = Value(2.0)
        >>> result = cos(x)
        >>> result.backward()
        >>> result.data, x.grad
        (-0.4161468365471424, -0.9092974268256817)
        """
        node = unary(RULE_COS, x)
        return apply(TABLE[RULE_COS], x) if node is None else node

    def tan(x):
        r"""tan(x) = tan(x), for Values and for plain numbers.

            ∂tan/∂x = 1 / cos(x) ** 2

        Domain: all numbers.

        In LaTeX:

            \frac{\partial \tan}{\partial x} = \frac{1}{{\cos(x)}^{2}}

        >>> x = Value(2.0)
        >>> result = tan(x)
        >>> result.backward()
        >>> result.data, x.grad
        (-2.185039863261519, 5.774399204041917)
        """
        node = unary(RULE_TAN, x)
        return apply(TABLE[RULE_TAN], x) if node is None else node

    def asin(x):
        r"""asin(x) = asin(x), for Values and for plain numbers.

            ∂asin/∂x = 1 / sqrt((1 - x) * (1 + x))

        Domain: x >= -1 and <= 1.
        Raises DomainError outside it.

        In LaTeX:

            \frac{\partial \arcsin}{\partial x} = \frac{1}{\sqrt{(1 - x) \cdot (1 + x)}}

        >>> x = Value(0.5)
        >>> result = asin(x)
        >>> result.backward()
        >>> result.data, x.grad
        (0.5235987755982989, 1.1547005383792517)
        """
        node = unary(RULE_ASIN, x)
        return apply(TABLE[RULE_ASIN], x) if node is None else node

    def acos(x):
        r"""acos(x) = acos(x), for Values and for plain numbers.

            ∂acos/∂x = -1 / sqrt((1 - x) * (1 + x))

        Domain: x >= -1 and <= 1.
        Raises DomainError outside it.

        In LaTeX:

            \frac{\partial \arccos}{\partial x} = \frac{-1}{\sqrt{(1 - x) \cdot (1 + x)}}

        >>> x = Value(0.5)
        >>> result = acos(x)
        >>> result.backward()
        >>> result.data, x.grad
        (1.0471975511965979, -1.1547005383792517)
        """
        node = unary(RULE_ACOS, x)
        return apply(TABLE[RULE_ACOS], x) if node is None else node

    def atan(x):
        r"""atan(x) = atan(x), for Values and for plain numbers.

            ∂atan/∂x = 1 / (1 + x * x) if abs(x) < 1e9 else 1 / x / x

        Domain: all numbers.

        In LaTeX:

            \frac{\partial \arctan}{\partial x} = \begin{cases} \frac{1}{1 + x \cdot x} & \text{if } |x| < 10^{9} \\ \frac{\frac{1}{x}}{x} & \text{otherwise} \end{cases}

        >>> x = Value(2.0)
        >>> result = atan(x)
        >>> result.backward()
        >>> result.data, x.grad
        (1.1071487177940904, 0.2)
        """
        node = unary(RULE_ATAN, x)
        return apply(TABLE[RULE_ATAN], x) if node is None else node

    def sinh(x):
        r"""sinh(x) = sinh(x), for Values and for plain numbers.

            ∂sinh/∂x = cosh(x)

        Domain: all numbers.

        In LaTeX:

            \frac{\partial \sinh}{\partial x} = \cosh(x)

        >>> x = Value(2.0)
        >>> result = sinh(x)
        >>> result.backward()
        >>> result.data, x.grad
        (3.626860407847019, 3.7621956910836314)
        """
        node = unary(RULE_SINH, x)
        return apply(TABLE[RULE_SINH], x) if node is None else node

    def cosh(x):
        r"""cosh(x) = cosh(x), for Values and for plain numbers.

            ∂cosh/∂x = sinh(x)

        Domain: all numbers.

        In LaTeX:

            \frac{\partial \cosh}{\partial x} = \sinh(x)

        >>> x = Value(2.0)
        >>> result = cosh(x)
        >>> result.backward()
        >>> result.data, x.grad
        (3.7621956910836314, 3.626860407847019)
        """
        node = unary(RULE_COSH, x)
        return apply(TABLE[RULE_COSH], x) if node is None else node

    def tanh(x):
        r"""tanh(x) = tanh(x), for Values and for plain numbers.

            ∂tanh/∂x = (1 - out) * (1 + out) if abs(x) < 0.7 else 4 * exp(-2 * abs(x)) / (1 + exp(-2 * abs(x))) ** 2

        Domain: all numbers.

        In LaTeX:

            \frac{\partial \tanh}{\partial x} = \frac{1}{{\cosh(x)}^{2}}

        >>> x = Value(2.0)
        >>> result = tanh(x)
        >>> result.backward()
        >>> result.data, x.grad
        (0.9640275800758169, 0.07065082485316446)
        """
        node = unary(RULE_TANH, x)
        return apply(TABLE[RULE_TANH], x) if node is None else node

    def asinh(x):
        r"""asinh(x) = asinh(x), for Values and for plain numbers.

            ∂asinh/∂x = 1 / hypot(1, x)

        Domain: all numbers.

        In LaTeX:

            \frac{\partial \operatorname{asinh}}{\partial x} = \frac{1}{\operatorname{hypot}(1, x)}

        >>> x = Value(2.0)
        >>> result = asinh(x)
        >>> result.backward()
        >>> result.data, x.grad
        (1.4436354751788103, 0.4472135954999579)
        """
        node = unary(RULE_ASINH, x)
        return apply(TABLE[RULE_ASINH], x) if node is None else node

    def acosh(x):
        r"""acosh(x) = acosh(x), for Values and for plain numbers.

            ∂acosh/∂x = 1 / (sqrt(x - 1) * sqrt(x + 1))

        Domain: x >= 1.
        Raises DomainError outside it.

        In LaTeX:

            \frac{\partial \operatorname{acosh}}{\partial x} = \frac{1}{\sqrt{x - 1} \cdot \sqrt{x + 1}}

        >>> x = Value(2.0)
        >>> result = acosh(x)
        >>> result.backward()
        >>> result.data, x.grad
        (1.3169578969248166, 0.5773502691896258)
        """
        node = unary(RULE_ACOSH, x)
        return apply(TABLE[RULE_ACOSH], x) if node is None else node

    def atanh(x):
        r"""atanh(x) = atanh(x), for Values and for plain numbers.

            ∂atanh/∂x = 1 / ((1 - x) * (1 + x))

        Domain: x > -1 and < 1.
        Raises DomainError outside it.

        In LaTeX:

            \frac{\partial \operatorname{atanh}}{\partial x} = \frac{1}{(1 - x) \cdot (1 + x)}

        >>> x = Value(0.5)
        >>> result = atanh(x)
        >>> result.backward()
        >>> result.data, x.grad
        (0.5493061443340548, 1.3333333333333333)
        """
        node = unary(RULE_ATANH, x)
        return apply(TABLE[RULE_ATANH], x) if node is None else node

    def quotient(x, y, z):
        r"""quotient(x, y, z) = coarse(x / (y + z)) + (x - coarse(x / (y + z)) * coarse(y + z) - coarse(x / (y + z)) * (y - coarse(y + z) + z)) / (y + z), for Values and for plain numbers.

            ∂quotient/∂x = 1 / (y + z)
            ∂quotient/∂y = -out / (y + z)
            ∂quotient/∂z = -out / (y + z)

        Domain: x >= 0 and <= 1, y >= 1 and <= 100, z >= -y / 2 and z <= 2 * y. x / (y + z), rounded only once; z holds digits for which y has no room.
        Raises DomainError outside it.

        In LaTeX:

            \operatorname{quotient}(x, y, z) = \operatorname{coarse}\left(\frac{x}{y + z}\right) + \frac{x - \operatorname{coarse}\left(\frac{x}{y + z}\right) \cdot \operatorname{coarse}(y + z) - \operatorname{coarse}\left(\frac{x}{y + z}\right) \cdot (y - \operatorname{coarse}(y + z) + z)}{y + z}
            \frac{\partial \operatorname{quotient}}{\partial x} = \frac{1}{y + z}
            \frac{\partial \operatorname{quotient}}{\partial y} = \frac{-\operatorname{quotient}(x, y, z)}{y + z}
            \frac{\partial \operatorname{quotient}}{\partial z} = \frac{-\operatorname{quotient}(x, y, z)}{y + z}

        >>> x, y, z = Value(1.0), Value(2.0), Value(3.0)
        >>> result = quotient(x, y, z)
        >>> result.backward()
        >>> result.data, x.grad, y.grad, z.grad
        (0.2, 0.2, -0.04, -0.04)
        """
        node = ternary(RULE_QUOTIENT, x, y, z)
        return apply(TABLE[RULE_QUOTIENT], x, y, z) if node is None else node

    def gauss(x):
        r"""gauss(x) = 0 if abs(x) > 28 else exp(-coarse(x) * coarse(x)) + exp(-coarse(x) * coarse(x)) * expm1(-(x - coarse(x)) * (x + coarse(x))), for Values and for plain numbers.

            ∂gauss/∂x = -2 * x * out if abs(x) < 26 else 0 if abs(x) > 28 else -2 * x * exp(80 - (134217729 * x - (134217729 * x - x)) * (134217729 * x - (134217729 * x - x)) / 1) * (1.8048513878454153e-35 + 1.8048513878454153e-35 * expm1(((134217729 * x - (134217729 * x - x)) - x) * ((134217729 * x - (134217729 * x - x)) + x) / 1))

        Domain: all numbers.

        In LaTeX:

            \operatorname{gauss}(x) = \begin{cases} 0 & \text{if } |x| > 28 \\ e^{-\operatorname{coarse}(x) \cdot \operatorname{coarse}(x)} + e^{-\operatorname{coarse}(x) \cdot \operatorname{coarse}(x)} \cdot \operatorname{expm1}(-(x - \operatorname{coarse}(x)) \cdot (x + \operatorname{coarse}(x))) & \text{otherwise} \end{cases}

        >>> x = Value(2.0)
        >>> result = gauss(x)
        >>> result.backward()
        >>> result.data, x.grad
        (0.01831563888873418, -0.07326255555493671)
        """
        node = unary(RULE_GAUSS, x)
        return apply(TABLE[RULE_GAUSS], x) if node is None else node

    def normal(x):
        """normal(x) = 0 if abs(x) > 39 else quotient(exp(-coarse(x) * coarse(x) / 2), 2.5066282746310007, -1.8328579980459167e-16 + sqrt(2 * pi) * expm1((x - coarse(x)) * (x + coarse(x)) / 2)), for Values and for plain numbers.

            ∂normal/∂x = -x * out if abs(x) < 37.5 else 0 if abs(x) > 39 else -x * exp(80 - (134217729 * x - (134217729 * x - x)) * (134217729 * x - (134217729 * x - x)) / 2) * (7.200315284527406e-36 + 7.200315284527406e-36 * expm1(((134217729 * x - (134217729 * x - x)) - x) * ((134217729 * x - (134217729 * x - x)) + x) / 2))

        Domain: all numbers. The density of the standard normal distribution, exp(-x²/2) / √(2π).

        >>> x = Value(2.0)
        >>> result = normal(x)
        >>> result.backward()
        >>> result.data, x.grad
        (0.053990966513188056, -0.10798193302637611)
        """
        node = unary(RULE_NORMAL, x)
        return apply(TABLE[RULE_NORMAL], x) if node is None else node

    def erf(x):
        r"""erf(x) = erf(x), for Values and for plain numbers.

            ∂erf/∂x = 2 / sqrt(pi) * gauss(x)

        Domain: all numbers.

        In LaTeX:

            \frac{\partial \operatorname{erf}}{\partial x} = \frac{2}{\sqrt{\pi}} \cdot \operatorname{gauss}(x)

        >>> x = Value(2.0)
        >>> result = erf(x)
        >>> result.backward()
        >>> result.data, x.grad
        (0.9953222650189527, 0.020666985354092053)
        """
        node = unary(RULE_ERF, x)
        return apply(TABLE[RULE_ERF], x) if node is None else node

    def erfc(x):
        r"""erfc(x) = erfc(x) if x < 0.78 else 0 if x > 28 else quotient(exp(-coarse(x) * coarse(x)), 1.7724538445472717 * coarse(x) + 0.5625, 1.7724538445472717 * (x - coarse(x)) + 6.358244298782542e-09 * x + (sqrt(pi) * x + 0.5625) * expm1((x - coarse(x)) * (x + coarse(x))) + (x - 1.0136312839208506) * (-3247.7262137839225 + x * (-6009.719428770315 + x * (-5515.494887634599 + x * (-3212.8907770572623 + x * (-1288.8459484115554 + x * (-364.1210036592049 + x * (-71.09725153408037 + x * (-8.884516321563687 + x * -0.5625000000041)))))))) / (7524.5643138436035 + x * (17577.81678042933 + x * (20220.289603108366 + x * (14792.787905961899 + x * (7531.6586641786835 + x * (2762.8698299830107 + x * (732.1470838614425 + x * (136.15514393990978 + x * (16.35657893408025 + x * 1))))))))) * exp((x - coarse(x)) * (x + coarse(x)))), for Values and for plain numbers.

            ∂erfc/∂x = -2 / sqrt(pi) * gauss(x)

        Domain: all numbers.

        In LaTeX:

            \frac{\partial \operatorname{erfc}}{\partial x} = \frac{-2}{\sqrt{\pi}} \cdot \operatorname{gauss}(x)

        >>> x = Value(2.0)
        >>> result = erfc(x)
        >>> result.backward()
        >>> result.data, x.grad
        (0.004677734981047265, -0.020666985354092053)
        """
        node = unary(RULE_ERFC, x)
        return apply(TABLE[RULE_ERFC], x) if node is None else node

    def gelu(x):
        r"""gelu(x) = 0.5 * x * erfc(-x / sqrt(2)) if x > -0.35 else -0.16997120747990366 + (-4.060510732350249e-18 + (x + 0.7517915246935645) * (x + 0.7517915246935645) * (0.21574699615702345 + (x + 0.7517915246935645) * (0.12942832766351733 + (x + 0.7517915246935645) * (-0.004549919099667443 + (x + 0.7517915246935645) * (-0.022801646659443987 + (x + 0.7517915246935645) * (-0.002461920358058874 + (x + 0.7517915246935645) * (0.0027745256911428846 + (x + 0.7517915246935645) * (0.000567403547810963 + (x + 0.7517915246935645) * (-0.00024883756231207013 + (x + 0.7517915246935645) * (-7.448268865151657e-05 + (x + 0.7517915246935645) * (1.693996520705254e-05 + (x + 0.7517915246935645) * (7.179982805652275e-06 + (x + 0.7517915246935645) * (-8.625563027639087e-07 + (x + 0.7517915246935645) * (-5.535058661012857e-07 + (x + 0.7517915246935645) * (2.8525786901940294e-08 + (x + 0.7517915246935645) * (3.548905160300662e-08 + (x + 0.7517915246935645) * (3.7679251708833325e-10 + (x + 0.7517915246935645) * -1.4202831290393003e-09))))))))))))))))) if x > -1.3 else 0 if x < -39 else -quotient(exp(-coarse(x) * coarse(x) / 2), 2.5066282746310007, -1.8328579980459167e-16 + sqrt(2 * pi) * expm1((x - coarse(x)) * (x + coarse(x)) / 2) - 2 * (0.5625 + ((-x / sqrt(2)) - 1.0136312839208506) * (-3247.7262137839225 + (-x / sqrt(2)) * (-6009.719428770315 + (-x / sqrt(2)) * (-5515.494887634599 + (-x / sqrt(2)) * (-3212.8907770572623 + (-x / sqrt(2)) * (-1288.8459484115554 + (-x / sqrt(2)) * (-364.1210036592049 + (-x / sqrt(2)) * (-71.09725153408037 + (-x / sqrt(2)) * (-8.884516321563687 + (-x / sqrt(2)) * -0.5625000000041)))))))) / (7524.5643138436035 + (-x / sqrt(2)) * (17577.81678042933 + (-x / sqrt(2)) * (20220.289603108366 + (-x / sqrt(2)) * (14792.787905961899 + (-x / sqrt(2)) * (7531.6586641786835 + (-x / sqrt(2)) * (2762.8698299830107 + (-x / sqrt(2)) * (732.1470838614425 + (-x / sqrt(2)) * (136.15514393990978 + (-x / sqrt(2)) * (16.35657893408025 + (-x / sqrt(2)) * 1)))))))))) / x * exp((x - coarse(x)) * (x + coarse(x)) / 2)), for Values and for plain numbers.

            ∂gelu/∂x = 0.5 * erfc(-x / sqrt(2)) + x * normal(x) if x > -0.35 else gelu_slope(x)

        Domain: all numbers. The exact one, x Φ(x) with the normal distribution function Φ.

        In LaTeX:

            \frac{\partial \operatorname{gelu}}{\partial x} = \begin{cases} 0.5 \cdot \operatorname{erfc}\left(\frac{-x}{\sqrt{2}}\right) + x \cdot \varphi(x) & \text{if } x > -0.35 \\ \operatorname{gelu\_slope}(x) & \text{otherwise} \end{cases}

        >>> x = Value(2.0)
        >>> result = gelu(x)
        >>> result.backward()
        >>> result.data, x.grad
        (1.9544997361036416, 1.085231801078197)
        """
        node = unary(RULE_GELU, x)
        return apply(TABLE[RULE_GELU], x) if node is None else node

    def gelu_slope(x):
        """gelu_slope(x) = 0.5 * erfc(-x / sqrt(2)) + x * normal(x) if x > -0.35 else ((x + 0.7517915246935645) - 1.4956759177009883e-17) * (0.4314939923140469 + (x + 0.7517915246935645) * (0.388284982990552 + (x + 0.7517915246935645) * (-0.018199676398669772 + (x + 0.7517915246935645) * (-0.11400823329721994 + (x + 0.7517915246935645) * (-0.014771522148353245 + (x + 0.7517915246935645) * (0.01942167983800019 + (x + 0.7517915246935645) * (0.004539228382487704 + (x + 0.7517915246935645) * (-0.0022395380608086313 + (x + 0.7517915246935645) * (-0.0007448268865151657 + (x + 0.7517915246935645) * (0.00018633961727757795 + (x + 0.7517915246935645) * (8.61597936678273e-05 + (x + 0.7517915246935645) * (-1.1213231935930813e-05 + (x + 0.7517915246935645) * (-7.749082125418001e-06 + (x + 0.7517915246935645) * (4.278868035291044e-07 + (x + 0.7517915246935645) * (5.678248256481059e-07 + (x + 0.7517915246935645) * (6.405472790501665e-09 + (x + 0.7517915246935645) * -2.5565096322707405e-08)))))))))))))))) if x > -1.4 else 0 if x < -39 else x * quotient(exp(-coarse(x) * coarse(x) / (2 if x > -37 else 4)), 2.5066282746310007, -1.8328579980459167e-16 + sqrt(2 * pi) * expm1((x - coarse(x)) * (x + coarse(x)) / 2) + pi / (x * (sqrt(pi / 2) * x - 0.5625 - ((-x / sqrt(2)) - 1.0136312839208506) * (-3247.7262137839225 + (-x / sqrt(2)) * (-6009.719428770315 + (-x / sqrt(2)) * (-5515.494887634599 + (-x / sqrt(2)) * (-3212.8907770572623 + (-x / sqrt(2)) * (-1288.8459484115554 + (-x / sqrt(2)) * (-364.1210036592049 + (-x / sqrt(2)) * (-71.09725153408037 + (-x / sqrt(2)) * (-8.884516321563687 + (-x / sqrt(2)) * -0.5625000000041)))))))) / (7524.5643138436035 + (-x / sqrt(2)) * (17577.81678042933 + (-x / sqrt(2)) * (20220.289603108366 + (-x / sqrt(2)) * (14792.787905961899 + (-x / sqrt(2)) * (7531.6586641786835 + (-x / sqrt(2)) * (2762.8698299830107 + (-x / sqrt(2)) * (732.1470838614425 + (-x / sqrt(2)) * (136.15514393990978 + (-x / sqrt(2)) * (16.35657893408025 + (-x / sqrt(2)) * 1)))))))))) - sqrt(pi / 2)) * exp((x - coarse(x)) * (x + coarse(x)) / 2)) * (1 if x > -37 else exp(-coarse(x) * coarse(x) / 4)), for Values and for plain numbers.

            ∂gelu_slope/∂x = 0 if abs(x) > 39 else (2 - x * x) * exp(80 - (134217729 * x - (134217729 * x - x)) * (134217729 * x - (134217729 * x - x)) / 2) * (7.200315284527406e-36 + 7.200315284527406e-36 * expm1(((134217729 * x - (134217729 * x - x)) - x) * ((134217729 * x - (134217729 * x - x)) + x) / 2)) if abs(x) > 37.5 else normal(x) * ((1.4142135623730951 - x - 9.667293313452913e-17) * (1.4142135623730951 + x)) if x > 0 else normal(x) * ((1.4142135623730951 + x - 9.667293313452913e-17) * (1.4142135623730951 - x))

        Domain: all numbers. The derivative of gelu, Φ(x) + x φ(x), accurate around its root at -0.75 as well.

        >>> x = Value(2.0)
        >>> result = gelu_slope(x)
        >>> result.backward()
        >>> result.data, x.grad
        (1.085231801078197, -0.10798193302637611)
        """
        node = unary(RULE_GELU_SLOPE, x)
        return apply(TABLE[RULE_GELU_SLOPE], x) if node is None else node

    def sigmoid(x):
        r"""sigmoid(x) = 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x)), for Values and for plain numbers.

            ∂sigmoid/∂x = out / (1 + exp(x)) if x < 40 else sigmoid(-x)

        Domain: all numbers.

        In LaTeX:

            \sigma(x) = \begin{cases} \frac{1}{1 + e^{-x}} & \text{if } x \ge 0 \\ \frac{e^{x}}{1 + e^{x}} & \text{otherwise} \end{cases}
            \frac{\partial \sigma}{\partial x} = \sigma(x) \cdot (1 - \sigma(x))

        >>> x = Value(2.0)
        >>> result = sigmoid(x)
        >>> result.backward()
        >>> result.data, x.grad
        (0.8807970779778823, 0.1049935854035065)
        """
        node = unary(RULE_SIGMOID, x)
        return apply(TABLE[RULE_SIGMOID], x) if node is None else node

    def softplus(x):
        r"""softplus(x) = x + log1p(exp(-x)) if x > 0 else log1p(exp(x)), for Values and for plain numbers.

            ∂softplus/∂x = sigmoid(x)

        Domain: all numbers.

        In LaTeX:

            \operatorname{softplus}(x) = \begin{cases} x + \operatorname{log1p}(e^{-x}) & \text{if } x > 0 \\ \operatorname{log1p}(e^{x}) & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{softplus}}{\partial x} = \sigma(x)

        >>> x = Value(2.0)
        >>> result = softplus(x)
        >>> result.backward()
        >>> result.data, x.grad
        (2.1269280110429727, 0.8807970779778823)
        """
        node = unary(RULE_SOFTPLUS, x)
        return apply(TABLE[RULE_SOFTPLUS], x) if node is None else node

    def silu(x):
        r"""silu(x) = x / (1 + exp(-x)) if x >= 0 else x * exp(x) / (1 + exp(x)) if x > -660 else exp(x / 2) * x * exp(x / 2), for Values and for plain numbers.

            ∂silu/∂x = sigmoid(x) * (1 + x * sigmoid(-x)) if x > -0.3 else sigmoid(x) * sigmoid(-x) * ((x + 1.2784645427610737 + 1.0946994183093437e-16) + 0.2784645427610738 * expm1((x + 1.2784645427610737 + 1.0946994183093437e-16))) if x > -2.5 else sigmoid(x) * sigmoid(-x) * (1 + x + exp(x)) if x > -660 else exp(x / 2) * (1 + x) * exp(x / 2)

        Domain: all numbers. x σ(x), also called swish.

        In LaTeX:

            \operatorname{silu}(x) = \begin{cases} \frac{x}{1 + e^{-x}} & \text{if } x \ge 0 \\ \frac{x \cdot e^{x}}{1 + e^{x}} & \text{if } x > -660 \\ e^{\frac{x}{2}} \cdot x \cdot e^{\frac{x}{2}} & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{silu}}{\partial x} = \sigma(x) \cdot (1 + x \cdot \sigma(-x))

        >>> x = Value(2.0)
        >>> result = silu(x)
        >>> result.backward()
        >>> result.data, x.grad
        (1.7615941559557646, 1.0907842487848953)
        """
        node = unary(RULE_SILU, x)
        return apply(TABLE[RULE_SILU], x) if node is None else node

    def softsign(x):
        r"""softsign(x) = x / (1 + abs(x)), for Values and for plain numbers.

            ∂softsign/∂x = 1 / (1 + abs(x)) / (1 + abs(x))

        Domain: all numbers.

        In LaTeX:

            \operatorname{softsign}(x) = \frac{x}{1 + |x|}
            \frac{\partial \operatorname{softsign}}{\partial x} = \frac{1}{{(1 + |x|)}^{2}}

        >>> x = Value(2.0)
        >>> result = softsign(x)
        >>> result.backward()
        >>> result.data, x.grad
        (0.6666666666666666, 0.1111111111111111)
        """
        node = unary(RULE_SOFTSIGN, x)
        return apply(TABLE[RULE_SOFTSIGN], x) if node is None else node

    def relu(x):
        r"""relu(x) = x if x > 0 else 0, for Values and for plain numbers.

            ∂relu/∂x = step(x)

        Domain: all numbers. At the kink the derivative is 0, the slope of least magnitude.

        In LaTeX:

            \operatorname{relu}(x) = \begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{relu}}{\partial x} = \operatorname{step}(x)

        >>> x = Value(2.0)
        >>> result = relu(x)
        >>> result.backward()
        >>> result.data, x.grad
        (2.0, 1.0)
        """
        node = unary(RULE_RELU, x)
        return apply(TABLE[RULE_RELU], x) if node is None else node

    def leaky_relu(x, slope=0.01):
        r"""leaky_relu(x, slope) = x if x > 0 else slope * x, for Values and for plain numbers.

            ∂leaky_relu/∂x = 1 if x > 0 else slope
            ∂leaky_relu/∂slope = 0 if x > 0 else x

        Domain: all numbers. At the kink the derivative is the slope.

        In LaTeX:

            \operatorname{leaky\_relu}(x, \text{slope}) = \begin{cases} x & \text{if } x > 0 \\ \text{slope} \cdot x & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{leaky\_relu}}{\partial x} = \begin{cases} 1 & \text{if } x > 0 \\ \text{slope} & \text{otherwise} \end{cases}
            \frac{\partial \operatorname{leaky\_relu}}{\partial \text{slope}} = \begin{cases} 0 & \text{if } x > 0 \\ x & \text{otherwise} \end{cases}

        >>> x, slope = Value(2.0), Value(3.0)
        >>> result = leaky_relu(x, slope)
        >>> result.backward()
        >>> result.data, x.grad, slope.grad
        (2.0, 1.0, 0.0)
        """
        node = binary(RULE_LEAKY_RELU, x, slope)
        return apply(TABLE[RULE_LEAKY_RELU], x, slope) if node is None else node
