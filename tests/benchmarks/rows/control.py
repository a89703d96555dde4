"""A fixed piece of plain Python that uses none of our code: its times show how steady the machine was."""

from ..row import Row


def start(problem):
    numbers = [i % 1009 / 7.0 for i in range(problem["numbers"])]

    def step():
        total, places = 0.0, {}
        for i, number in enumerate(numbers):
            total = total * 0.5 + number
            places[number] = (i, total)
        return [total]

    return step


ROW = Row("control", "a loop in plain Python that uses none of this code, run before every round",
          lambda quick: {"numbers": 1_000 if quick else 100_000}, {"python": start})
