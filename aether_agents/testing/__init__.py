"""A stack of one process, for tests of programs that embed us: real Valkey underneath, nothing of ours replaced.

with one_process_stack(tmp_path) as stack:
    view = stack.run(HighLevelTask(description="Security audit of this repository", folder=str(project)))
    assert view.status == "completed"
"""

from aether_agents.testing.stack import OneProcessStack, one_process_stack

__all__ = ["OneProcessStack", "one_process_stack"]
