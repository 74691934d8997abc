"""Loading: importing what stays to the end of a process.

Celery, the MCP library and our contracts are some hundred thousand objects that live as long as the process. While
they are made, the garbage collector looks through them again and again and finds nothing: a sixth of the time of
importing a worker, measured as CPU of twelve starts each way. Left in, they are also what each later full collection
looks through.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Collect nothing meanwhile; what is there in the end is never looked through again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()
