"""The table of rules as a page: for each primitive its formulas, its domain, its kinks, and a picture."""

import html
import inspect
import re

from course import source_page
from markup import Docstring, anchor, code, math, tex

from autograd.engine import Value
from autograd.engine.functions import FUNCTIONS
from autograd.errors import AutogradError
from autograd.table import elementary, special
from autograd.table.registry import BUILT_IN

LONGEST = 150  # characters of a formula that is still set as mathematics
WIDTH, HEIGHT = 320, 200
RANGE = 4.0
CUSTOM = {
    "log": (-1, 5),
    "sqrt": (-1, 5),
    "acosh": (-1, 5),
    "log2": (-1, 5),
    "log10": (-1, 5),
    "log1p": (-2, 4),
    "exp": (-3, 2),
    "exp2": (-3, 3),
    "expm1": (-3, 2),
    "pow": (0, 3),
    "asin": (-1.5, 1.5),
    "acos": (-1.5, 1.5),
    "atanh": (-1.5, 1.5),
    "tan": (-4.5, 4.5),
    "quotient": (0, 1),
    "gelu": (-4, 3),
}
FIXED = {2: (2.0,), 3: (2.0, 3.0)}  # the other inputs of a picture


def entry(rule, link):
    """One primitive as HTML."""
    inputs = ", ".join(rule.inputs)
    parts = [
        f'<section class="rule" id="{rule.name}"><h2>{rule.name} '
        f"{'' if rule.symbol == rule.name else f'<span class=symbol>{html.escape(rule.symbol)}</span>'}"
        f'{anchor(line_of(rule), "source")}</h2><div class="columns"><div>',
        formula(rf"\text{{{rule.name}}}({inputs})", rule.formula),
    ]
    for name, partial, shown in zip(rule.inputs, rule.partials, rule.slopes_shown):
        parts.append(formula(rf"\frac{{\partial\,\text{{{rule.name}}}}}{{\partial {symbol(name)}}}", shown))
        parts.append(folded("computed, for accuracy, by another formula", partial) if shown is not partial else "")
    parts += [f"<p>{text}</p>" for text in remarks(rule, link)]
    example = None if rule.helper else re.search(r">>> .*", FUNCTIONS[rule.name].__doc__, re.DOTALL)
    return "\n".join(
        [*parts, code(example[0].rstrip(), "pycon") if example else "", "</div>", picture(rule), "</div></section>"]
    )


def symbol(name):
    return name if len(name) == 1 else rf"\text{{{name}}}"


def formula(left, right):
    """An equation; a right side that is too long for one stands as code."""
    if len(right.text) <= LONGEST and "coarse" not in right.text:
        return f'<div class="formula">{math(f"{left} = {tex(right)}", display=True)}</div>'
    return f'<div class="formula">{math(f"{left} =", display=True)}</div>' + folded(
        f"a formula for accuracy, {len(right.text):,} characters long", right
    )


def folded(words, formula):
    """A formula as it stands in the table, behind words that unfold it."""
    return f"<details><summary>{words}</summary>{code(formula.text)}</details>"


def remarks(rule, link):
    """Domain, operator, kinks and note, as sentences."""
    limits = [f"{name} {interval}" for name, interval in rule.domain.items()]
    limits += [str(rule.requires)] if rule.requires else []
    domain = " and ".join(f"<code>{html.escape(limit)}</code>" for limit in limits) or "all numbers"
    yield f"<b>Domain</b> {domain}"
    if rule.operator:
        yield f"<b>Operator</b> <code>{OPERATORS[rule.operator]}</code>"
    if rule.defaults:
        yield "<b>Default</b> " + ", ".join(f"<code>{name} = {value}</code>" for name, value in rule.defaults.items())
    if rule.kinks:
        places = [f"<code>{name} = {place}</code>" for name, points in rule.kinks.items() for place in points]
        yield f"<b>Kink</b> {' and '.join(places)}"
    if rule.helper:
        yield "A helper: it serves the formulas of other rules, and is no function of its own."
    if rule.note:
        yield Docstring(rule.note, link).html.removeprefix("<p>").removesuffix("</p>")


OPERATORS = {
    "add": "x + y",
    "sub": "x - y",
    "mul": "x * y",
    "truediv": "x / y",
    "neg": "-x",
    "pos": "+x",
    "pow": "x ** y",
    "mod": "x % y",
    "abs": "abs(x)",
}


def line_of(rule):
    """Where the rule stands in the source of the table."""
    for module in (elementary, special):
        for number, line in enumerate(inspect.getsourcelines(module)[0], 1):
            if line.startswith(f'rule("{rule.name}"'):
                return f"{source_page(module.__name__.replace('.', '/') + '.py')}#L-{number}"
    raise AssertionError(f"{rule.name} is in no file of the table")


def picture(rule):
    """The primitive and its slope along x, as SVG in the colours of the page."""
    low, high = CUSTOM.get(rule.name, (-RANGE, RANGE))
    along = rule.inputs.index("x")
    others = list(FIXED.get(len(rule.inputs), ()))
    points = [(x, at(rule, along, others, x)) for x in (low + (high - low) * i / 240 for i in range(241))]
    curves = [[(x, found and found[k]) for x, found in points] for k in (0, 1)]
    seen = sorted(y for curve in curves for _, y in curve if y is not None)
    bottom, top = max(min(seen[0], 0), -RANGE), min(max(seen[-1], 0), RANGE)
    bottom, top = bottom - 0.08 * (top - bottom), top + 0.08 * (top - bottom)
    frame = (low, high, bottom, top)
    named = [f"{name} = {v:g}" for name, v in zip([n for n in rule.inputs if n != "x"], others)]
    title = f"{rule.name} and its slope along x{', at ' + ', '.join(named) if named else ''}"
    slopes = "its slope" if len(rule.inputs) == 1 else "its slope along x"
    return "\n".join(
        [
            f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">',
            *axes(frame),
            *(path(curve, frame, kind) for curve, kind in zip(curves, ("value", "slope"))),
            f'</svg><figcaption><span class="value">{rule.name}</span>, <span class="slope">{slopes}</span>'
            f"{'; ' + ', '.join(named) if named else ''}</figcaption></figure>",
        ]
    )


def at(rule, along, others, x):
    """(value, slope along x) of a primitive, or None where it has none."""
    values = [*others[:along], x, *others[along:]]
    try:
        node = FUNCTIONS[rule.name](*map(Value, values))
    except AutogradError:
        return None
    return node.data, node.partials[along]


def axes(frame):
    """The axes through 0, and the whole numbers on them."""
    low, high, bottom, top = frame
    x0, y0 = place(min(max(0, low), high), 0, frame)
    yield f'<path class="axis" d="M0 {y0:.1f}H{WIDTH}M{x0:.1f} 0V{HEIGHT}"/>'
    step = 2 if high - low > 6 else 1
    for x in range(int(low), int(high) + 1):
        if x and x % step == 0:
            px, _ = place(x, 0, frame)
            if 8 < px < WIDTH - 8:
                yield f'<text x="{px:.1f}" y="{min(y0 + 13, HEIGHT - 3):.1f}" text-anchor="middle">{x}</text>'
    step = 2 if top - bottom > 5 else 1
    for y in range(int(bottom), int(top) + 1):
        if y and y % step == 0:
            _, py = place(0, y, frame)
            if 8 < py < HEIGHT - 8:
                yield f'<text x="{x0 + 4:.1f}" y="{py + 4:.1f}">{y}</text>'


def path(curve, frame, kind):
    """A curve, broken where it jumps, leaves the picture or does not exist."""
    _, _, bottom, top = frame
    pieces, pen, last = [], "M", None
    for x, y in curve:
        if y is None or not bottom <= y <= top:
            pen = "M"
            continue
        if last is not None and abs(y - last) > 0.05 * (top - bottom):
            pen = "M"
        px, py = place(x, y, frame)
        pieces.append(f"{pen}{px:.1f} {py:.1f}")
        pen, last = "L", y
    return f'<path class="{kind}" d="{"".join(pieces)}"/>'


def place(x, y, frame):
    low, high, bottom, top = frame
    return (x - low) / (high - low) * WIDTH, (top - y) / (top - bottom) * HEIGHT


# The pointwise operations of PyTorch that are no rules, each group with the reason. A test checks the names.
LEFT_OUT = {
    "addcdiv addcmul frac lerp logit rad2deg deg2rad reciprocal rsqrt square xlogy float_power": "They are short "
    "formulas of rules: write <code>1 / sqrt(x)</code>, <code>x * x</code>, <code>x + t * (y - x)</code>. "
    "NumPy's <code>deg2rad</code> and the like work on arrays of Values.",
    "logaddexp sinc": "They are functions of the package, composed of rules: near a zero of the value or of the slope "
    "no formula in floats is right to the last places, as rules are.",
    "logaddexp2": "Write <code>logaddexp(x * log(2), y * log(2)) / log(2)</code>.",
    "softmax": "A function of several numbers, composed of rules, as are <code>log_softmax</code> and "
    "<code>logsumexp</code>.",
    "lgamma mvlgamma": "Python's own <code>math.lgamma</code> differs from the C library's, so the two engines would "
    "not agree to the bit.",
    "digamma polygamma erfinv i0 igamma igammac": "Neither Python nor C has them. "
    "<code>autograd.rule</code> adds one if you have a formula.",
    "fix trunc round": "Their slope is 0: write <code>floor(x)</code>, <code>ceil(x)</code> or "
    "<code>floor(x + 0.5)</code>.",
    "floor_divide": "Its slope is 0: write <code>floor(x / y)</code>.",
    "fmod": "Write <code>x % y</code>, which has the sign of y.",
    "copysign signbit sgn": "Write <code>abs(x) * sign(y)</code>.",
    "heaviside": "<code>step(x)</code> is 0 at 0.",
    "frexp ldexp nextafter": "They take floats apart: write <code>x * 2 ** n</code> for <code>ldexp(x, n)</code>.",
    "nan_to_num": "No Value is infinite or NaN.",
    "angle conj_physical imag real": "Values are real.",
    "bitwise_and bitwise_not bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift": "Values are no integers.",
    "logical_and logical_not logical_or logical_xor": "Write <code>minimum</code>, <code>maximum</code> and "
    "<code>1 - x</code> of comparisons, which are 1 or 0.",
    "gradient fake_quantize_per_channel_affine fake_quantize_per_tensor_affine quantized_batch_norm "
    "quantized_max_pool1d quantized_max_pool2d": "They work on whole tensors.",
}


def left_out():
    """What PyTorch has and the table has not, as HTML."""
    rows = "".join(
        f"<tr><td>{', '.join(f'<code>{name}</code>' for name in names.split())}</td><td>{reason}</td></tr>"
        for names, reason in LEFT_OUT.items()
    )
    return (
        '<section id="left-out"><h2>What is left out</h2><p>PyTorch\'s other pointwise operations, and why they are '
        "no rules. Some have another name here: <code>remainder</code> is <code>mod</code>, <code>clip</code> is "
        "<code>clamp</code>, <code>absolute</code> is <code>abs</code>, <code>arctan2</code> is <code>atan2</code>, "
        f"and so on.</p><table>{rows}</table></section>"
    )


def page(link):
    return "\n".join([*(entry(rule, link) for rule in BUILT_IN), left_out()])
