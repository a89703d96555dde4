"""`explain`: the forward and the backward pass as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.engine import Value
from autograd.errors import NumberTypeError
from autograd.table.template import call_template, filled
from autograd.view.graph import bracketed, derivative, expression, short
from autograd.view.steps import NODE_LIMIT, contributions, graph_to_step_through

if TYPE_CHECKING:
    from typing import TextIO


def explain(value: Value, *, file: TextIO | None = None, limit: int = NODE_LIMIT) -> None:
    """Print the forward and the backward pass of `value` as plain text, one step a line.

    file   where to print; by default the standard output
    limit  the largest number of nodes to explain

    >>> w, x = Value(3.0, label="w"), Value(2.0, label="x")
    >>> explain((w * x) ** 2)
    Forward: each value from those before it
      1. v1 = w * x = 3 * 2 = 6
      2. v2 = v1 ** 2 = 6 ** 2 = 36
    Backward: each node, once its gradient is complete, passes it on to its operands
      3. v2 is the result, so its gradient is 1
      4. v2 to v1: ∂v2/∂v1 = 2 * v1 ** (2 - 1) = 12; gradient 1 × 12 = 12; v1: 0 + 12 = 12
      5. v1 to w: ∂v1/∂w = x = 2; gradient 12 × 2 = 24; w: 0 + 24 = 24
      6. v1 to x: ∂v1/∂x = w = 3; gradient 12 × 3 = 36; x: 0 + 36 = 36
    Gradients
      w: 24
      x: 36

    Raises what `play` raises.
    """
    graph = graph_to_step_through(value, (), limit, "explain")
    if file is not None and not hasattr(file, "write"):
        raise NumberTypeError(f"explain: file: expected something to write to, such as sys.stderr, got {file!r:.60}.")
    for line in _lines(graph):
        print(line, file=file)


def _lines(graph):
    names, number = graph.names, 0
    yield "Forward: each value from those before it"
    for node in graph.nodes:
        if node.rule:
            number += 1
            code = graph.code(node)
            yield f"  {number}. {operation_in_words(node, names)}" + (f"   [{code}]" if code else "")
    yield "Backward: each node, once its gradient is complete, passes it on to its operands"
    number += 1
    yield f"  {number}. {names[graph.result]} is the result, so its gradient is 1"
    gradients = {graph.result: 1.0}
    for step in contributions(graph):
        number += 1
        gradients[step.node.parents[step.position]] = step.after
        yield f"  {number}. {_contribution(step, names)}"
    yield "Gradients"
    for node in graph.nodes:
        if node.rule is None and type(node) is Value:
            yield f"  {names[node]}: {short(gradients[node])}"


def operation_in_words(node, names):
    """An operation in names and in numbers: "v1 = w * x = 3 * 2 = 6"."""
    numbers = [short(parent.data) for parent in node.parents]
    in_numbers = filled(call_template(node.rule), numbers, node.rule.inputs)
    return f"{names[node]} = {expression(node, names)} = {in_numbers} = {short(node.data)}"


def _contribution(step, names):
    """A step backward: "v1 to w: ∂v1/∂w = x = 2; gradient 12 × 2 = 24; w: 0 + 24 = 24"."""
    node, operand, added = names[step.node], names[step.node.parents[step.position]], step.adjoint * step.partial
    return (
        f"{node} to {operand}: {derivative(step.node, step.position, names)}; "
        f"gradient {short(step.adjoint)} × {bracketed(short(step.partial))} = {short(added)}; "
        f"{operand}: {short(step.before)} + {bracketed(short(added))} = {short(step.after)}"
    )
