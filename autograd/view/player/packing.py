"""The data of a page in fewer characters; `unpack.js` undoes it.

A node needs a third of the room when each field is a list with an entry for every node, and texts that occur often are
numbers in a list of texts. Half the room of an edge are brackets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

REPEATED = ("kind", "constant", "rule", "line")  # fields of a node with few different values


def packed(graph: dict[str, Any]) -> dict[str, Any]:
    """What PlayedGraph.data() gives, packed."""
    return graph | {
        "nodes": _columns(graph["nodes"]),
        "boxes": [box | {"nodes": runs(box["nodes"])} for box in graph["boxes"]],
        "pictures": [picture | {"edges": _flat(picture["edges"])} for picture in graph["pictures"]],
    }


def _columns(nodes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A list for each field; of those with few different values also a list of these, with the places in it."""
    columns: dict[str, Any] = {field: [node[field] for node in nodes] for field in nodes[0]}
    for field in REPEATED:
        values = list(dict.fromkeys(columns[field]))
        place = {value: i for i, value in enumerate(values)}
        columns[field] = {"values": values, "places": [place[value] for value in columns[field]]}
    return columns


def _flat(edges: dict[str, Iterable[Sequence[int]]]) -> dict[str, list[int]]:
    """For each edge of a picture the node and the operand of each edge that it stands for, one after the other."""
    return {name: [number for pair in pairs for number in pair] for name, pairs in edges.items()}


def runs(numbers: Iterable[int]) -> list[int]:
    """Where each run of consecutive integers begins, and how long it is.

    >>> runs([3, 4, 5, 9, 11, 12])
    [3, 3, 9, 1, 11, 2]
    """
    found: list[int] = []
    for number in numbers:
        if found and found[-2] + found[-1] == number:
            found[-1] += 1
        else:
            found += [number, 1]
    return found
