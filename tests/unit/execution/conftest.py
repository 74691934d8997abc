"""In a client's install nothing looks at arguments, and there is nothing of that to test."""

from importlib.util import find_spec

WORKER = ["test_arguments.py", "test_opening.py", "test_runner.py"]

collect_ignore = WORKER if find_spec("jsonschema") is None else []
