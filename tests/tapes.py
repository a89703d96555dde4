"""For tests of single passes: parts of the engine in use, functions written on a tape, and what comes out of them."""

import importlib
from random import Random

import autograd
from autograd.engine import graph_wanted, recording
from autograd.nested import numbers_in
from autograd.replay.machine import Machine
from autograd.replay.recorder import Program, Recorder
from autograd.table.registry import RULES

# Of these any two numbers have a result, and several inputs vary together.
SMOOTH = ["add", "mul", "sub", "neg", "sin", "tanh", "sigmoid", "abs", "atan", "maximum", "add", "mul", "add", "mul"]


def of_engine(module, *names):
    """Classes and functions of a file of autograd.replay; where the engine is compiled they are inside it."""
    compiled = autograd.backend == "native"
    home = importlib.import_module("autograd.native._engine" if compiled else f"autograd.replay.{module}")
    return [getattr(home, name) for name in names]


def recorded(f, *kinds):
    """What a function does, on a tape, and the places of its results; each kind is "number", "Value" or "Constant"."""
    tape = Recorder()
    with recording(tape), graph_wanted():
        result = f(*[tape.input(kind) for kind in kinds])
        return tape, [tape.place_of(number) for number in numbers_in(result)]


def numbers_at(tape, places, *row):
    """The numbers at places of a tape for one example, by the machine of the engine; None if one is not finite."""
    program = Program(tape, places)
    found = Machine(program).run([list(map(float, row))], program.results)
    return found and found[0].tolist()[: len(places)]


def random_tape(seed, size=60, kinds=("number", "Value", "Value")):
    """A tape of so many random operations, some under guards and some inside no_grad(), and the places of results."""
    random, tape = Random(seed), Recorder()
    with recording(tape), graph_wanted():
        places = [tape.input(kind).place for kind in kinds]
        places += [tape.source(autograd.Value(random.gauss(0, 1)), True, 2) for _ in range(3)]
        places += [tape.number(number) for number in (0.0, 1.0, -0.5)]
        guarded = []
        for _ in range(size):
            rule = RULES[random.choice(SMOOTH)]
            if random.random() < 0.1:
                tape.guard = random.choice([0, tape.extended(0, random.choice(places), random.random() < 0.5)])
                guarded = []
            near = [*places[-12:], *guarded, *guarded]
            parts = [random.choice(near) for _ in rule.inputs] + [-1, -1]
            if random.random() < 0.1:
                with autograd.no_grad():
                    found = tape.operation(rule.index, *parts[:3])
            else:
                found = tape.operation(rule.index, *parts[:3])
            (guarded if tape.guard else places).append(found)
        tape.guard = 0
    return tape, places[-4:]
