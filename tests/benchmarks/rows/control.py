"""A fixed piece of plain Python that uses none of our code: its times show how busy the machine is."""

import random

from ..row import Row


def start(problem):
    numbers = [i % 1009 / 7.0 for i in range(problem["numbers"])]
    scattered = [float(i) for i in range(5 * len(numbers))]  # more than the processor's caches hold
    random.Random(1).shuffle(scattered)

    def step():
        total, places = sum(scattered), {}
        for i, number in enumerate(numbers):
            total = total * 0.5 + number
            places[number] = (i, total)
        return [total]

    return step


ROW = Row(
    "control",
    "a loop in plain Python over numbers scattered in memory, run before every round",
    lambda quick: {"numbers": 1_000 if quick else 100_000},
    {"python": start},
)
