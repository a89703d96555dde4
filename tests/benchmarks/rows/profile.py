"""Where a recorded training step spends its time: its parts, each measured by itself, over and over."""

from statistics import median

from ..clock import clock
from ..row import Row, Stages
from . import digits, gpt, mlp, moons

LOOPS, LOOP_S = 7, 0.02


def seconds(function):
    """The median seconds of a call, over some loops of many calls."""
    function()
    started = clock()
    function()
    calls = max(1, int(LOOP_S / (clock() - started + 1e-7)))
    found = []
    for _ in range(LOOPS):
        started = clock()
        for _ in range(calls):
            function()
        found.append((clock() - started) / calls)
    return median(found)


def profile(start):
    """The parts of the steps that `start` makes."""

    def started(problem):
        training = start(problem)
        call, optimizer, function, rows = training.parts

        def measure():
            for _ in range(5):  # records, verifies, and has the numbers moved side by side
                training.step()
            stages = {"": seconds(training.step)}
            loss = call()
            stages["backward"] = seconds(loss.backward)
            stages["zero_grad"] = seconds(optimizer.zero_grad)
            stages["update"] = seconds(optimizer.step)  # with gradients of 0, so that nothing moves
            stages["call"] = seconds(call)
            recording = function._recordings.latest()
            machine, results = recording.machine, recording.program.results
            stages["of which the machine"] = seconds(
                lambda: machine.run(rows, results, results[:1], 1 / len(rows), recording.variables)
            )
            return Stages(stages)

        return measure

    return started


def row(of, start):
    return Row(
        f"profile {of.name}",
        f"where the recorded step of {of.name} spends its time: each part by itself, without cold caches",
        of.problem,
        {"compiled": profile(start)},
        checked=0,
        small=of is moons.ROW,
    )


ROWS = [row(moons.ROW, mlp.compiled), row(gpt.ROW, gpt.compiled), row(digits.ROW, mlp.compiled)]
