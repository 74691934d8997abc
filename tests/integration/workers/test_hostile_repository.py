"""A repository that tries to run something: git is told not to, by every server that uses it."""

from pathlib import Path

import pytest

from tests.integration.workers.conftest import Talk, talk_with
from tests.integration.workers.planted import Planted

#: Settings of a repository that name a program, each known to be run by some git command.
TRAPS = {
    "core.fsmonitor": "{program}",
    "core.pager": "{program}",
    "core.sshCommand": "{program}",
    "core.editor": "{program}",
    "diff.external": "{program}",
    "diff.trap.command": "{program}",
    "diff.trap.textconv": "{program}",
    "filter.trap.clean": "{program}",
    "filter.trap.smudge": "{program}",
    "gpg.program": "{program}",
    "log.showSignature": "true",
    "pager.log": "{program}",
    "alias.log": "!{program}",
    "alias.ls-files": "!{program}",
    "core.alternateRefsCommand": "{program}",
    "credential.helper": "!{program}",
    "remote.origin.url": "ext::{program}",
    "remote.origin.promisor": "true",
    "remote.origin.partialclonefilter": "blob:none",
    "extensions.partialClone": "origin",
    "protocol.ext.allow": "always",
    "uploadpack.packObjectsHook": "{program}",
}

Trapped = tuple[Planted, Path]


@pytest.fixture
def trapped(repository: Planted, tmp_path: Path) -> Trapped:
    """A repository in which every trap is set, and the file that appears when one is sprung."""
    sprung = tmp_path / "sprung"
    program = tmp_path / "trap.sh"
    program.write_text(f"#!/bin/sh\necho $0 $@ >> {sprung}\ncat\n")
    program.chmod(0o755)
    repository.write("a.py", "print(1)\n")
    repository.write("b.py", "print(2)\n")
    repository.write("lost.txt", "this blob goes missing\n")
    repository.commit("first")
    signed = repository.git("cat-file", "commit", "HEAD").replace(
        "\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n\n", 1
    )
    (tmp_path / "commit").write_text(signed + "\n")
    signed_id = repository.git("hash-object", "-t", "commit", "-w", str(tmp_path / "commit"))
    repository.git("update-ref", "refs/heads/main", signed_id)
    for name in ("post-index-change", "post-checkout", "pre-commit", "reference-transaction", "fsmonitor-watchman"):
        hook = repository.folder / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(program.read_text())
        hook.chmod(0o755)
    for setting, value in TRAPS.items():
        repository.git("config", setting, value.format(program=program))
    repository.write(".gitattributes", "* diff=trap filter=trap\n")
    repository.write("a.py", "print(3)\n")
    sprung.unlink(missing_ok=True)
    return repository, sprung


@pytest.mark.parametrize("missing", [False, True], ids=["whole", "a blob missing"])
@pytest.mark.parametrize(
    ("server", "tool"), [("secrets", "scan"), ("code", "scan"), ("code", "permissions"), ("quality", "assess")]
)
def test_nothing_that_a_repository_names_is_run(
    server: str, tool: str, missing: bool, trapped: Trapped, request: pytest.FixtureRequest
) -> None:
    repository, sprung = trapped
    if missing:  # git would fetch it from the promisor, through the program
        blob = repository.git("-c", "alias.log=", "rev-parse", "main:lost.txt")
        place = repository.folder / ".git" / "objects" / blob[:2] / blob[2:]
        place.chmod(0o600)
        place.unlink()
        sprung.unlink(missing_ok=True)
    talk: Talk = request.getfixturevalue(server)
    result = talk.send(tool, {"path": str(repository.folder)})
    assert not sprung.exists(), sprung.read_text()
    if not missing:
        assert not result.is_error, result.content


def test_the_traps_work(trapped: Trapped) -> None:
    repository, sprung = trapped
    repository.git("status")
    repository.git("log", "--patch")
    assert sprung.exists()


def test_a_repository_of_another_user_is_a_gap_with_the_fix(
    secrets: Talk, planted: Planted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text("#!/bin/sh\necho \"fatal: detected dubious ownership in repository at 'x'\" >&2\nexit 128\n")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{git.parent}:/usr/bin:/bin")
    with talk_with("secrets", secrets.portal, tmp_path) as talk:
        result = talk.call("scan", path=str(planted.folder))
    (gap,) = [gap for gap in result["coverage"]["gaps"] if gap.startswith("(history)")]
    assert "another user owns it" in gap
    assert f"git config --global --add safe.directory {planted.folder}" in gap
