"""Tools that let something happen at every point of a piece of work: an interrupt, another pass, a lack of memory."""

import os
import subprocess
import sys
from itertools import count
from pathlib import Path
from random import Random

import pytest
from soaking import SOAK

import autograd

ROOT = Path(autograd.__file__).parent.parent
PACKAGES = (str(ROOT / "autograd"), str(ROOT / "nn"), "<autograd.table")  # made functions have such file names


def interrupt():
    """What Ctrl-C does."""
    raise KeyboardInterrupt


class At:
    """Calls `happens` before the bytecode with the given number, counted over the code of this project."""

    def __init__(self, number, happens=interrupt):
        self.left, self.happens = number, happens

    def __call__(self, frame, event, _):
        if not frame.f_code.co_filename.startswith(PACKAGES):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            if self.left == 0:
                self.left = -1
                self.happens()
            self.left -= self.left > 0
        return self

    def during(self, work):
        """Do the work; returns whether the point was reached, and the KeyboardInterrupt that came out."""
        before = sys.gettrace()
        sys._getframe().f_trace_opcodes = True  # before 3.12.4 settrace() asks only then for opcode events
        sys.settrace(self)
        try:
            work()
            error = None
        except KeyboardInterrupt as caught:
            error = caught
        finally:
            sys.settrace(before)
        return self.left == -1, error


def every_point(work, happens=interrupt, numbers=None):
    """Do the work again and again, with something happening at one bytecode after the other; yields the exceptions.

    numbers: those of the bytecodes, if not all of them.
    """
    for number in count() if numbers is None else numbers:
        reached, error = At(number, happens).during(work)
        if not reached:
            return
        yield error


def length(work):
    """The number of bytecodes of a piece of work."""
    counter = At(2**60)
    counter.during(work)
    return 2**60 - counter.left


def some_points(work, most):
    """Numbers of bytecodes of a piece of work, for every_point: `make soak` tries all, `make test` so many at most."""
    whole = length(work)
    return range(whole) if SOAK or whole <= most else sorted(Random(1).sample(range(whole), most))


MALLOC = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

static long left = -1;  /* so many more succeed before one fails; -1: all succeed */

void fail_after(long number) { left = number; }
long still_left(void) { return left; }
static int fails(void) { return left >= 0 && left-- == 0; }

#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)
#define FAILED(result) if (fails()) return errno = ENOMEM, result

void *malloc(size_t size) { REAL(malloc); FAILED(NULL); return real(size); }
void *realloc(void *place, size_t size) { REAL(realloc); FAILED(NULL); return real(place, size); }
void *mmap(void *place, size_t size, int protection, int flags, int file, off_t offset) {
    REAL(mmap);
    FAILED(MAP_FAILED);
    return real(place, size, protection, flags, file, offset);
}
void *mmap64(void *place, size_t size, int protection, int flags, int file, off_t offset) {
    return mmap(place, size, protection, flags, file, offset);
}
static char first[4096];  /* dlsym itself asks for memory */
static size_t used;
void *calloc(size_t number, size_t size) {
    static void *(*real)(size_t, size_t);
    static int looking;
    if (!real && looking) {
        used += (number * size + 15) & ~(size_t)15;
        return first + used - ((number * size + 15) & ~(size_t)15);
    }
    if (!real) {
        looking = 1;
        real = dlsym(RTLD_NEXT, "calloc");
        looking = 0;
    }
    FAILED(NULL);
    return real(number, size);
}
"""


def run_with_failing_memory(code, folder, *arguments):
    """Run Python code in which `fail_after(n)` lets the allocation after the next n fail; `still_left()` tells n."""
    compiler = (os.environ.get("CC") or "cc").split()
    if not sys.platform.startswith("linux"):  # LD_PRELOAD and dlsym(RTLD_NEXT) work so only there
        pytest.skip("a library can take the place of malloc() only on Linux in this way")
    library, source = Path(folder) / "malloc.so", Path(folder) / "malloc.c"
    source.write_text(MALLOC)
    try:
        subprocess.run(
            [*compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError):  # without one there is no compiled engine to test either
        pytest.skip("there is no C compiler to make a malloc() that fails")
    start = (
        "import ctypes\nfail_after, still_left = ctypes.CDLL(None).fail_after, ctypes.CDLL(None).still_left\n"
        "fail_after.argtypes, still_left.restype = [ctypes.c_long], ctypes.c_long\n"
    )
    return subprocess.run(
        [sys.executable, "-c", start + code, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "LD_PRELOAD": str(library), "PYTHONMALLOC": "malloc"},
    )
