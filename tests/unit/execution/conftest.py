"""In a client's install there is no worker, and nothing of it to test."""

from importlib.util import find_spec

WORKER = ["test_arguments.py", "test_opening.py", "test_pump.py", "test_runner.py", "test_toolbox.py"]

collect_ignore = WORKER if find_spec("mcp") is None else []
