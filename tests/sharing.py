"""Sharing: tests that share a stack, a laboratory or a server run in one test process, so that it is started once."""

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

#: Folders whose tests share one laboratory or server.
LABORATORIES = {"tests/fundamentals", "tests/integration/agentserver", "tests/integration/execution"}

#: End-to-end tests with stacks of their own.
ALONE = {"test_backup", "test_mistakes", "test_operating", "test_readme", "test_stack", "test_upgrade"}

#: End-to-end tests of specialists. They and the others have one `person` each: two processes have work.
OF_SPECIALISTS = {"test_data", "test_infra", "test_servers", "test_template_fixtures"}


class Sharing(LoadScopeScheduling):
    """Hands out one file after another, in the order of the folders: what takes long begins first."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.partition("::")[0])
        if file.parent.as_posix() in LABORATORIES:
            return file.parent.as_posix()
        if file.parent.as_posix() == "tests/e2e" and file.stem not in ALONE:
            return "specialists" if file.stem in OF_SPECIALISTS else "person"
        return file.as_posix()
