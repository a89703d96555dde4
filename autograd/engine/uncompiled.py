"""What `cython` means while the engine runs as plain Python: nothing.

Cython compiles the same files and knows these names by itself; it never looks in here.
"""

compiled = False


class _Type:
    def __getitem__(self, dimensions):
        return self


int = double = bint = longlong = Py_ssize_t = _Type()


def cclass(thing):
    """No change. So with all that follows."""
    return thing


cfunc = ccall = final = no_gc = cclass


def declare(type, value):
    return value


def locals(**types):
    return cclass
