"""For tests of drawings: networks of labelled neurons, and what an SVG shows."""

import xml.etree.ElementTree as xml

from autograd import Value

SVG = "{http://www.w3.org/2000/svg}"


def neuron(path, inputs, parameters):
    """tanh(w0*x0 + w1*x1 + … + b), labelled as nn labels its neurons."""
    own = parameters.setdefault(
        path, [Value(0.3 * (-1) ** i, f"{path}.w{i}") for i in range(len(inputs))] + [Value(0.1, f"{path}.b")]
    )
    out = sum((w * x for w, x in zip(own, inputs)), own[-1]).tanh()
    out.label = path
    return out


def network(inputs, sizes, parameters):
    for number, size in enumerate(sizes):
        inputs = [neuron(f"layer{number}.neuron{i}", inputs, parameters) for i in range(size)]
    return inputs


def loss_graph(examples=1, sizes=(3, 1)):
    parameters = {}
    return sum((network([0.5 * i, -1.0], sizes, parameters)[0] - 1) ** 2 for i in range(examples))


def elements(drawing, kind):
    """The groups of the SVG with the class `kind`, each as (title, lines of text, tooltip, colours)."""
    found = []
    for group in xml.fromstring(drawing.svg()).iter(f"{SVG}g"):
        if kind in group.get("class", "").split():
            link = group.find(f".//{SVG}a")
            tip = link.get("{http://www.w3.org/1999/xlink}title") if link is not None else ""
            fills = [shape.get("fill") for shape in group.iter() if shape.get("fill") not in (None, "none")]
            found.append((group.findtext(f"{SVG}title"), [t.text for t in group.iter(f"{SVG}text")], tip, fills))
    return found
