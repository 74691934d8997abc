"""Git traps: a repository that names programs in every place where git is known to look for one."""

from pathlib import Path

from tests.hostile.repositories.canary import Canary
from tests.integration.workers.planted import Planted

#: Settings that name a program, by the name of the trap. `{}` is the program.
SETTINGS = {
    "alias": ("alias.log", "!{}"),
    "alternate-refs": ("core.alternateRefsCommand", "{}"),
    "askpass": ("core.askPass", "{}"),
    "credential": ("credential.helper", "!{}"),
    "driver-command": ("diff.trap.command", "{}"),
    "driver-textconv": ("diff.conv.textconv", "{}"),
    "editor": ("core.editor", "{}"),
    "external-diff": ("diff.external", "{}"),
    "filter-clean": ("filter.trap.clean", "{}"),
    "filter-process": ("filter.proc.process", "{}"),
    "filter-smudge": ("filter.trap.smudge", "{}"),
    "fsmonitor": ("core.fsmonitor", "{}"),
    "gpg": ("gpg.program", "{}"),
    "interactive": ("interactive.diffFilter", "{}"),
    "merge-driver": ("merge.trap.driver", "{}"),
    "pack-objects": ("uploadpack.packObjectsHook", "{}"),
    "pager": ("core.pager", "{}"),
    "pager-log": ("pager.log", "{}"),
    "remote": ("remote.origin.url", "ext::{}"),
    "sequence-editor": ("sequence.editor", "{}"),
    "ssh": ("core.sshCommand", "{}"),
    "ssh-signing": ("gpg.ssh.program", "{}"),
    "trailer": ("trailer.trap.command", "{}"),
}
#: What makes git look at them.
SWITCHES = {
    "extensions.partialClone": "origin",
    "extensions.worktreeConfig": "true",
    "log.showSignature": "true",
    "protocol.ext.allow": "always",
    "remote.origin.partialclonefilter": "blob:none",
    "remote.origin.promisor": "true",
    "status.submoduleSummary": "true",
    "submodule.recurse": "true",
}
HOOKS = (
    *("applypatch-msg", "commit-msg", "fsmonitor-watchman", "post-checkout", "post-commit", "post-index-change"),
    *("post-merge", "post-rewrite", "pre-auto-gc", "pre-commit", "prepare-commit-msg", "pre-merge-commit"),
    *("pre-rebase", "push-to-checkout", "reference-transaction", "sendemail-validate", "update"),
)
#: Files of which each has a filter or driver of its own.
FILES = ("a.conv", "b.proc", "c.inc", "d.txt", "e.brn")
ATTRIBUTES = (
    "*.txt diff=trap filter=trap merge=trap\n*.conv diff=conv -filter\n*.proc filter=proc\n"
    "*.inc filter=include\n*.brn filter=on-branch\n"
)


def set_traps(repository: Planted, canary: Canary) -> None:
    """Set every trap in a repository that has commits; its files are changed, so that git has something to compare."""
    for name in FILES:
        repository.write(name, f"{name}\n")
    _add_submodule(repository, canary)
    repository.commit("what traps are set on")
    _sign(repository)
    _set_in(repository.folder / ".git", repository, canary)
    repository.write(".gitattributes", ATTRIBUTES)
    for name in FILES:
        repository.write(name, f"{name} is changed\n")
    canary.forget()


def _set_in(git: Path, repository: Planted, canary: Canary) -> None:
    file = str(git / "config")
    for trap, (setting, value) in SETTINGS.items():
        repository.git("config", "--file", file, setting, value.format(canary.program(trap)))
    for setting, value in SWITCHES.items():
        repository.git("config", "--file", file, setting, value)
    for trap, setting in (("include", "include.path"), ("on-branch", "includeIf.onbranch:**.path")):
        included = canary.folder / f"{trap}.config"
        included.write_text(f'[filter "{trap}"]\n\tclean = {canary.program(trap)}\n')
        repository.git("config", "--file", file, setting, str(included))
    repository.git("config", "--file", str(git / "config.worktree"), "core.fsmonitor", str(canary.program("worktree")))
    attributes = git / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text(ATTRIBUTES)
    hooks = git / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in HOOKS:
        (hooks / name).write_text(canary.program(f"hook-{name}").read_text())
        (hooks / name).chmod(0o755)


def _add_submodule(repository: Planted, canary: Canary) -> None:
    """A submodule with traps of its own; git starts a git of its own in it."""
    inner = Planted(repository.folder / "inner")
    inner.write("d.txt", "d\n")
    inner.commit("inner")
    inner.git("config", "filter.inner.clean", str(canary.program("inner-clean")))
    inner.git("config", "core.fsmonitor", str(canary.program("inner-fsmonitor")))
    inner.write(".gitattributes", "* filter=inner\n")
    inner.write("d.txt", "changed\n")
    lines = ("path = inner", "url = ./inner", "ignore = none")
    repository.write(".gitmodules", "\n\t".join(('[submodule "inner"]', *lines)) + "\n")
    repository.git("-c", "advice.addEmbeddedRepo=false", "add", "inner", ".gitmodules")


def _sign(repository: Planted) -> None:
    """Give the newest commit a signature: looking at it starts a program that checks it."""
    known = repository.git("cat-file", "commit", "HEAD")
    mark = "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n\n"
    place = repository.folder / ".git" / "signed"
    place.write_text(known.replace("\n\n", mark, 1) + "\n")
    signed = repository.git("hash-object", "-t", "commit", "-w", str(place))
    repository.git("update-ref", "refs/heads/main", signed)
