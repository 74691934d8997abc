"""A test of the specialist, on a stack that lives in this process and leaves nothing behind."""

import tempfile
from pathlib import Path

from net_specialist import SPECIALIST

from aether_agents import HighLevelTask
from aether_agents.testing import one_process_stack


def main() -> None:
    """Look one name up, as somebody would ask for it."""
    with tempfile.TemporaryDirectory() as home, one_process_stack(Path(home), specialists=[SPECIALIST]) as stack:
        names = {"names": ["localhost"]}
        view = stack.run(HighLevelTask(description="Look names up", type="look_up_names", inputs=names, folder=home))
        if view.status != "completed":
            raise SystemExit(f"it {view.status}: {view.error}")
        print(view.outputs)


if __name__ == "__main__":
    main()
