"""In a client's install nothing looks at arguments, and there is nothing of that to test."""

from importlib.util import find_spec

WORKER = ["calls/test_argument_check.py", "worker/test_planner_step.py", "worker/test_subtask_runner.py"]

collect_ignore = WORKER if find_spec("jsonschema") is None else []
