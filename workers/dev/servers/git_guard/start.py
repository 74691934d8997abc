"""A program of its own: `mcp-server-git`, whose every git sees a repository through a git folder of ours (`git_view`).

The server starts git itself, and GitPython runs commit hooks by itself, as the repository's own files say: filters and
diff drivers at a look at its status, hooks at a commit. Here no hook runs, and git is not shown those files. A version
that does not do it in the way that is known here is not started.
"""

import atexit
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import git
import git.config
import git.index.base
import mcp_server_git
import mcp_server_git.server

#: Where the packages of ours begin; last on the search path, so that the server's own libraries come first.
ROOT = str(Path(__file__).parents[4])
sys.path.append(ROOT)
VIEW, HOME = import_module("workers.inspection.git_view"), import_module("workers.inspection.git_home")
CALLER = import_module("workers.inspection.caller")
sys.path.remove(ROOT)

_execute, _validate = git.Git.execute, mcp_server_git.server.validate_repo_path
_create = mcp_server_git.server.create_server
#: Commands that would start a git inside each submodule, with the submodule's own settings.
_COMPARING = ("status", "diff", "diff-index", "diff-files", "diff-tree")
_PARSER = git.config.GitConfigParser
_KNOWN = (
    (git.index.base, "run_commit_hook"),
    (git.Git, "execute"),
    (_PARSER, "_included_paths"),
    (mcp_server_git.server, "validate_repo_path"),
    (mcp_server_git.server, "create_server"),
)


class Guard:
    """The repository that is asked about, and git over it. The server takes one call at a time."""

    def __init__(self) -> None:
        self._home: Any = None
        self._carried: dict[str, str] = {}
        self._kept = ExitStack()

    def begin(self, path: Path, allowed: Path | None) -> None:
        """A call about a repository begins: where git keeps it is found without asking the repository.

        Raises:
            ValueError: its `.git` leads somewhere else.
        """
        _validate(path, allowed)
        self._kept.close()
        self._home, self._carried = None, {}
        if path.is_dir():
            try:
                self._home = HOME.find_home(path.resolve())
            except HOME.Elsewhere as lead:
                raise ValueError(f"{path}: {lead}: not followed") from None
            if self._home and (what := HOME.endless(self._home)):
                raise ValueError(f"{path}: `{what}` in git's folder is a pipe or a device: not read")
            self._carried = VIEW.carried(self._home) if self._home else {}
            self._sign(dict(VIEW.configuration(self._home)) if self._home else {})

    def execute(self, command: Any, program: Sequence[str], *args: Any, **how: Any) -> Any:
        """Run git for GitPython; what goes on running keeps what it was given until the next call."""
        name, *words = program
        if words and words[0] in _COMPARING:
            words.insert(1, "--ignore-submodules=dirty")
        if self._home is None:  # no repository: `git version`, or one that is none for us
            return _execute(command, [name, *words], *args, **how | {"env": self._environment(None, how)})
        where = self._home.top or self._home.folder
        program = [name, "-C", str(where), *words]
        with ExitStack() as now:
            stack = self._kept if how.get("as_process") else now
            seen = stack.enter_context(VIEW.git_view(self._home, self._carried))
            return _execute(command, program, *args, **how | {"env": self._environment(seen, how)})

    def close(self) -> None:
        """Take away what is kept until the next call."""
        self._kept.close()

    @staticmethod
    def _sign(known: dict[str, str]) -> None:
        """Commit as whom the repository itself names, else the person who asked, as `repos/changes` shows it."""
        person = CALLER.caller()
        for part in ("name", "email"):
            for role in ("AUTHOR", "COMMITTER"):
                os.environ.pop(f"GIT_{role}_{part.upper()}", None)
                if said := known.get(f"user.{part}", "").strip() or getattr(person, part):
                    os.environ[f"GIT_{role}_{part.upper()}"] = said

    @staticmethod
    def _environment(seen: dict[str, str] | None, how: dict[str, Any]) -> dict[str, str]:
        given = {name: value for name, value in (how.get("env") or {}).items() if not name.startswith("GIT_CONFIG")}
        return {**given, **(seen or VIEW.environment() | {"GIT_DIR": os.devnull})}


def no_hook(*_: object) -> None:
    """Stands where GitPython runs a commit hook of the repository."""


def create_server(repository: Path | None) -> Any:
    """The server, told by each call for whom it is made."""
    server = _create(repository)
    server.middleware.append(CALLER.with_caller)
    return server


def start() -> None:
    """Put the guard in its place, and start the server."""
    if missing := [name for place, name in _KNOWN if not callable(getattr(place, name, None))]:
        sys.exit(
            f"this version of mcp-server-git or GitPython is not known here ({', '.join(missing)}): it is not started"
        )
    guard = Guard()

    def execute(command: Any, program: Sequence[str], *args: Any, **how: Any) -> Any:
        return guard.execute(command, program, *args, **how)

    for name in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[name]
    git.index.base.run_commit_hook = no_hook
    _PARSER._included_paths = lambda _: []
    mcp_server_git.server.validate_repo_path = guard.begin
    mcp_server_git.server.create_server = create_server
    git.Git.execute = execute
    atexit.register(guard.close)
    mcp_server_git.main()


if __name__ == "__main__":
    start()
