"""Git blinds: what in a repository would keep git from showing a key that was committed and deleted."""

import os
from collections.abc import Callable
from pathlib import Path

from tests.integration.workers.planted import Planted

Blind = Callable[[Planted, Path], object]


def setting(name: str, value: str) -> Blind:
    """A line of the repository's configuration."""
    return lambda repository, _: repository.git("config", name, value)


def replaced(which: str) -> Blind:
    """A commit that stands in for another one."""

    def blind(repository: Planted, _: Path) -> None:
        tree = repository.git("rev-parse", "HEAD^{tree}")
        lie = repository.git("commit-tree", tree, "-m", "nothing was ever here")
        repository.git("replace", repository.git("rev-parse", which), lie)

    return blind


def written(path: str, text: str) -> Blind:
    """A file of the repository; `HEAD` in it is its newest commit."""

    def blind(repository: Planted, _: Path) -> None:
        repository.write(path, text.replace("HEAD", repository.git("rev-parse", "HEAD")))

    return blind


def other(place: Path) -> Path:
    """The git folder of another repository, which holds nothing."""
    made = Planted(place)
    made.write("README", "nothing\n")
    made.commit("nothing")
    return made.folder / ".git"


def pointer(repository: Planted, elsewhere: Path) -> None:
    """A file that leads to the other repository."""
    (repository.folder / ".git").rename(repository.folder.parent / "before")
    repository.write(".git", f"gitdir: {other(elsewhere)}\n")


def link(repository: Planted, elsewhere: Path) -> None:
    """A link that does."""
    (repository.folder / ".git").rename(repository.folder.parent / "before")
    (repository.folder / ".git").symlink_to(other(elsewhere))


def common(repository: Planted, elsewhere: Path) -> None:
    """A git folder whose objects and references are said to be elsewhere."""
    (repository.folder / ".git" / "commondir").write_text(f"{other(elsewhere)}\n")


def endless(repository: Planted, _: Path) -> None:
    """A reference that never ends."""
    os.mkfifo(repository.folder / ".git" / "refs" / "heads" / "endless")


def lying_graph(repository: Planted, _: Path) -> None:
    """A cache of the history in which the newest commit has no parent."""
    head = repository.git("rev-parse", "HEAD")
    tree = repository.git("rev-parse", "HEAD^{tree}")
    repository.git("replace", head, repository.git("commit-tree", tree, "-m", "alone"))
    repository.git("commit-graph", "write", "--reachable")
    repository.git("replace", "--delete", head)


BLINDS: dict[str, Blind] = {
    "core.bare": setting("core.bare", "true"),
    "core.worktree": lambda repository, elsewhere: repository.git("config", "core.worktree", str(other(elsewhere))),
    "core.repositoryFormatVersion": setting("core.repositoryFormatVersion", "7"),
    "diff.noprefix": setting("diff.mnemonicPrefix", "true"),
    "diff.orderFile": setting("diff.orderFile", "/dev/zero"),
    "color.ui": setting("color.ui", "always"),
    "include of a device": setting("include.path", "/dev/zero"),
    "log.excludeDecoration": setting("log.excludeDecoration", "refs/*"),
    "log.follow": setting("log.follow", "true"),
    "the newest commit replaced": replaced("HEAD"),
    "the first commit replaced": replaced("HEAD~1"),
    "grafts": written(".git/info/grafts", "HEAD\n"),
    "info/attributes": written(".git/info/attributes", "* -diff\n"),
    ".gitattributes": written(".gitattributes", "* -diff\n"),
    "binary macro": written(".gitattributes", "[attr]nothing -diff binary\n* nothing\n"),
    "a broken configuration": written(".git/config", "[core\n"),
    "a pointer to another repository": pointer,
    "a link to another repository": link,
    "a common folder elsewhere": common,
    "a lying commit graph": lying_graph,
    "a reference that is a pipe": endless,
}
