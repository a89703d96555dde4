"""Without memory there is a MemoryError and nothing has changed, whichever allocation it is that fails."""

import os
import sys

import pytest
from injection import run_with_failing_memory
from soaking import amount

import autograd

WORK = """
import collections, copy, gc, os, pickle, random, signal, sys
import autograd, nn
from autograd import Flat, Value, apply_update, compile, derivatives, hessian, no_grad, write_data, write_grad
model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
parameters = model.parameters()
side_by_side = Flat(parameters)
x = Value(1.5)
step = compile(lambda a, b: (model([a, b]) - 1) ** 2)
A, B = [0.1 * i for i in range(40)], [0.2 * i for i in range(40)]

def eager():
    y = sum((model([0.5, i * 0.1]) - 1) ** 2 for i in range(5))
    y.backward()
    return y.data
def replay():
    y = step.mean(A, B)
    y.backward()
    return y.data
def record():
    y = compile(lambda a, b: (model([a, b]) - 1) ** 2).mean(A, B)
    y.backward()
    return y.data
def chain():
    y = x
    for _ in range(3000):
        y = y * 1.0
    y.backward()
    return y.data
def copies():
    y = (model([0.5, 0.1]) - 1) ** 2
    return copy.deepcopy(pickle.loads(pickle.dumps(y))).data
def second():
    return hessian(lambda v: (v[0] * v[1]).tanh() * v[0] * x)([1.0, 2.0])[0][1].data
def flat():
    apply_update("scale", parameters, {"factor": 1.0})
    write_data(parameters, [p.data for p in parameters])
    write_grad(parameters, [1.0] * len(parameters))
    return 1.0
def flats():
    y = step.mean(A, B)
    side_by_side.gather()
    y.backward()
    return y.data
def graph():
    y = (model([0.5, 0.1]) - 1) ** 2
    return derivatives(derivatives(y, parameters, create_graph=True)[0], parameters[0])

def state():
    return [(p.data, p.grad) for p in [*parameters, x]]
def clear():
    for p in [*parameters, x]:
        p.grad = 0.0

work, most = globals()[sys.argv[1]], int(sys.argv[2])
for _ in range(4):
    right = work()
clear()
work()
complete = state()
clear()
before = state()
fail_after(10 ** 9)
work()
number = 10 ** 9 - still_left()
fail_after(-1)
clear()
wrong = collections.Counter()
for at in sorted(random.Random(1).sample(range(number), min(number, most))):
    child = os.fork()
    if not child:
        code = 0
        try:
            fail_after(at)
            work()
            fail_after(-1)
        except MemoryError:
            fail_after(-1)
            if state() != before:
                code = 1
        except BaseException:
            fail_after(-1)
        if not gc.isenabled() or type(x * x) is not Value:
            code = 2
        clear()
        try:
            if work() != right or state() != complete:
                code = 3
        except BaseException:
            code = 4
        os._exit(code)
    status = os.waitpid(child, 0)[1]
    if status:
        wrong[os.waitstatus_to_exitcode(status)] += 1
print(number, dict(wrong))
"""


# A failure may crash the process, so each attempt needs a fork(). The plain engine allocates through the interpreter,
# whose own behaviour without memory is not ours to test.
@pytest.mark.skipif(not hasattr(os, "fork"), reason="each attempt is made in a process of its own, by fork()")
@pytest.mark.skipif(autograd.backend != "native", reason="in plain Python it is the interpreter that asks")
@pytest.mark.skipif(
    sys.version_info >= (3, 12),
    reason="CPython 3.12 and 3.13 crash themselves where an allocation of their own fails, such as that of a generator",
)
@pytest.mark.parametrize("work", ["eager", "replay", "record", "chain", "copies", "second", "flat", "flats", "graph"])
def test_without_memory_nothing_has_changed_wherever_it_is_missing(work, tmp_path, figure):
    done = run_with_failing_memory(WORK, tmp_path, work, str(amount(5000)))
    assert done.returncode == 0, done.stderr
    number, _, wrong = done.stdout.partition(" ")
    assert wrong == "{}\n"
    figure("an allocation that fails", min(int(number), amount(5000)), "MemoryError, nothing changed")
