"""`make sanitize`: the compiled engine under the sanitizers of the C compiler, in build/, which `make clean` removes.

AddressSanitizer and UndefinedBehaviorSanitizer watch the engine's tests; ThreadSanitizer watches the helper threads.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTS = [
    "engine/test_value.py",
    "engine/test_memory.py",
    "engine/test_flats.py",
    "nn/test_nn_flats.py",
    "replay/test_machine.py",
    "replay/test_affine.py",
    "replay/test_relus.py",
    "replay/test_not_finite.py",
    "replay/test_batches.py",
    "engine/test_interrupts.py",
    "native/test_native.py",
    "engine/test_edges.py",
    "replay/test_replay.py",
    "replay/test_sizes.py",
    "table/test_updates.py",
]
# Left out: they measure or limit memory, of which a sanitizer takes a lot, or need its library to be the only one.
UNFIT = "goes_back_to_the_system or without_memory or is_small or training_drawing or out_of_date"
THREADS = """
import threading, os
from autograd import backend, compile, Value
assert backend == "native"
w = Value(0.5)
step = compile(lambda x: (x * w).tanh() * x + w)
numbers = [i / 1e4 for i in range(20_000)]
right = step.map(numbers)
def work():
    for _ in range(20):
        assert step.map(numbers) == right
        step.mean(numbers).backward()
workers = [threading.Thread(target=work) for _ in range(3)]
[worker.start() for worker in workers]
[worker.join() for worker in workers]
for _ in range(5):
    child = os.fork()
    if not child:
        os._exit(step.map(numbers) != right)
    assert os.waitpid(child, 0)[1] == 0
    work()
"""
COMMON = "halt_on_error=1:exitcode=99"


def main():
    failed = [kinds for kinds, *what in RUNS if not passed(kinds, *what)]
    sys.exit(f"not clean: {'; '.join(failed)}" if failed else 0)


def passed(kinds, library, options, command):
    """Build the engine for these sanitizers and run a command with it; says what is not available."""
    compiler = (os.environ.get("CC") or "cc").split()
    try:
        found = subprocess.run([*compiler, f"-print-file-name={library}"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        print(f"{kinds}: left out, there is no C compiler.")
        return True
    runtime = found.stdout.strip()
    if not os.path.isabs(runtime):
        print(f"{kinds}: left out, the C compiler has no {library}.")
        return True
    folder = ROOT / "build" / f"sanitize-{library.partition('.')[0]}"
    print(f"{kinds}: building in {folder.relative_to(ROOT)} ...", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    built = subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder, ROOT],
        capture_output=True,
        text=True,
        env={**os.environ, "GLASSGRAD_SANITIZE": kinds},
    )
    if not list((folder / "autograd").glob("native/_engine*.so")):
        print(built.stdout, built.stderr)
        return False
    environment = {
        **os.environ,
        "LD_PRELOAD": runtime,
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": str(folder),
        "GLASSGRAD_THREADS": "3",
        **options,
    }
    environment.pop("GLASSGRAD_PURE", None)
    return (
        subprocess.run(
            [*command, *sys.argv[1:]] if "pytest" in command else command, cwd=folder, env=environment
        ).returncode
        == 0
    )


RUNS = [
    (
        "address,undefined",
        "libasan.so",
        {"ASAN_OPTIONS": f"detect_leaks=0:{COMMON}", "UBSAN_OPTIONS": f"print_stacktrace=1:{COMMON}"},
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-k",
            f"not ({UNFIT})",
            f"--rootdir={ROOT}",
            "-c",
            str(ROOT / "pyproject.toml"),
            *(str(ROOT / "tests" / name) for name in TESTS),
        ],
    ),
    (
        "thread",
        "libtsan.so",
        {"TSAN_OPTIONS": f"die_after_fork=0:{COMMON}"},  # threads that Python has joined may not have ended yet
        ["setarch", "-R", sys.executable, "-c", THREADS],
    ),  # it cannot work with addresses at random
]


if __name__ == "__main__":
    main()
