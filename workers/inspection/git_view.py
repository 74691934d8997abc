"""Git view: a git folder of our own over the objects, references and index of a repository that may be a stranger's.

Git obeys what lies in a repository's own git folder: configuration that names programs (filters, diff drivers,
monitors, hooks, signature checkers, transports), grafts, and pointers to other folders. Switching them off one by one
leaves those that nobody thought of, so git is never shown that folder. It is shown one that is made for each call:
configuration and attributes in it are ours; of the repository it holds what is data. What git writes there lands in
the repository.

Only the standard library: it also runs beside `mcp-server-git`, in that program's own environment.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from workers.inspection.git_home import LARGE, GitHome, small

#: What holds for every git command, whatever any file says; git hands it on to what it starts itself.
SETTINGS = {
    "commit.gpgSign": "false",
    "core.alternateRefsCommand": "false",
    "core.attributesFile": "/dev/null",
    "core.commitGraph": "false",  # a cache of the repository's own may lie about what is in the history
    "core.editor": "false",
    "core.excludesFile": "/dev/null",
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.multiPackIndex": "false",
    "core.pager": "cat",
    "core.quotePath": "false",
    "core.sshCommand": "false",
    "core.untrackedCache": "false",
    "credential.helper": "",
    "diff.ignoreSubmodules": "all",
    "diff.orderFile": "/dev/null",
    "diff.submodule": "short",
    "gc.auto": "0",
    "gpg.program": "false",
    "log.showSignature": "false",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "status.submoduleSummary": "false",
    "submodule.recurse": "false",
}
ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": str(len(SETTINGS)),
    **{f"GIT_CONFIG_KEY_{at}": name for at, name in enumerate(SETTINGS)},
    **{f"GIT_CONFIG_VALUE_{at}": value for at, value in enumerate(SETTINGS.values())},
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
}
#: What of a repository's configuration is carried over, with the values it may have: how its data is to be read.
_SWITCH = "true|false|yes|no|on|off|1|0"
_CARRIED = {
    "core.autocrlf": f"{_SWITCH}|input",
    "core.eol": "lf|crlf|native",
    "core.filemode": _SWITCH,
    "core.precomposeunicode": _SWITCH,
    "core.repositoryformatversion": "0|1",
    "core.sparsecheckout": _SWITCH,
    "core.sparsecheckoutcone": _SWITCH,
    "extensions.objectformat": "sha1|sha256",
    "extensions.refstorage": "files|reftable",
}
_SHARED = ("objects", "refs", "packed-refs", "reftable", "shallow", "worktrees")
_OWN = (
    *("logs", "ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "MERGE_AUTOSTASH"),
    *("CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD", "BISECT_LOG", "rebase-merge", "rebase-apply", "sequencer"),
)
#: No attribute of a repository may hide what changed; who wants the others has them.
_ATTRIBUTES = b"\n* !diff\n"


def environment() -> dict[str, str]:
    """The environment of every git command: where programs are, and what is switched off."""
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    known = {name: os.environ[name] for name in ("TMPDIR",) if name in os.environ}
    return {**known, "PATH": os.pathsep.join(part for part in path if Path(part).is_absolute()), **ENVIRONMENT}


def configuration(home: GitHome, *, includes: bool = False) -> list[tuple[str, str]]:
    """What a repository's own configuration says, in order, names in small letters; nothing where git cannot read it.

    `includes`: of the files that it includes as well, as far as it does now.
    """
    said: list[tuple[str, str]] = []
    for file in (home.common / "config", home.folder / "config.worktree"):
        if not small(file, LARGE):
            continue
        command = ["git", "config", "--file", str(file), f"--{'' if includes else 'no-'}includes", "--null", "--list"]
        known = environment() | {"GIT_DIR": str(home.folder) if includes else os.devnull}
        try:
            done = subprocess.run(command, env=known, capture_output=True, timeout=30, check=False, cwd=os.sep)
        except subprocess.TimeoutExpired:
            continue
        items = filter(None, done.stdout.decode("utf-8", "replace").split("\0"))
        said += [(name, value) for name, _, value in (item.partition("\n") for item in items)]
    return said


def carried(home: GitHome) -> dict[str, str]:
    """What of a repository's configuration says how its data is to be read."""
    return {
        name: value.lower()
        for name, value in configuration(home)
        if name in _CARRIED and re.fullmatch(_CARRIED[name], value, re.IGNORECASE)
    }


@contextmanager
def git_view(home: GitHome, settings: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment in which git sees a repository through a folder of ours, as long as that is there.

    `settings`: what `carried` says of it. A branch that is checked out through it is checked out in the repository.
    """
    place = Path(tempfile.mkdtemp(prefix="git-view-"))
    try:
        before = _fill(place, home, settings)
        known = environment() | {"GIT_DIR": str(place), "HOME": str(place), "XDG_CONFIG_HOME": str(place)}
        if home.top is not None:
            known |= {"GIT_WORK_TREE": str(home.top), "GIT_INDEX_FILE": str(home.folder / "index")}
        yield known
        after = small(place / "HEAD")
        if after and after != before:
            _replace(home.folder / "HEAD", after)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _fill(place: Path, home: GitHome, settings: Mapping[str, str]) -> bytes:
    """Put everything into the folder; what stands in HEAD."""
    config = {"core.bare": str(home.top is None).lower(), "core.ignorecase": str(sys.platform == "darwin").lower()}
    named = ((*name.split(".", 1), value) for name, value in {**config, **settings}.items())
    lines = [f"[{section}]\n\t{key} = {value}\n" for section, key, value in named]
    (place / "config").write_text("".join(lines))
    head = home.folder / "HEAD"
    said = f"ref: {head.readlink()}\n".encode() if head.is_symlink() else small(head)
    (place / "HEAD").write_bytes(said)
    info = place / "info"
    info.mkdir()
    (info / "exclude").write_bytes(small(home.file("info/exclude"), LARGE))
    (info / "attributes").write_bytes(small(home.file("info/attributes"), LARGE) + _ATTRIBUTES)
    (info / "sparse-checkout").write_bytes(small(home.folder / "info/sparse-checkout", LARGE))
    own = [one for one in home.folder.iterdir() if one.name in _OWN or one.name.startswith("sharedindex.")]
    for source in [*(home.common / name for name in _SHARED), *own]:
        if source.exists() or source.name == "packed-refs":
            (place / source.name).symlink_to(source)
    return said


def _replace(file: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix="HEAD-")
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
    Path(name).chmod(0o644)
    Path(name).replace(file)
