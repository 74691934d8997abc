"""Loose permissions: what other users of the machine may write, run with your rights, or read and should not."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, Finding, ScanResult, Severity, conclude, note_skipped
from workers.inspection.git import printable
from workers.inspection.repository import Repository, Skipped
from workers.inspection.text import decoded
from workers.inspection.walking import LEFT_OUT

#: Files and folders one scan looks at.
MAX_ENTRIES = 200_000
#: With as many files and all of them open to all, the file system keeps no permissions.
TELLING = 10

_UNLISTED = "cannot be listed"
_KEY_NAMES = (".pem", ".key", ".ppk", ".p8", ".asc")
#: Stores of keys whose content cannot be read without their password.
_STORES = (".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".bks")
_KEY_STEMS = ("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519")
_CREDENTIALS = {".netrc", ".pgpass", ".git-credentials", ".htpasswd", ".pypirc", ".my.cnf", "credentials.json"}
_SAMPLES = (".example", ".sample", ".template", ".dist", ".defaults")


class _Seen(NamedTuple):
    path: str
    mode: int

    @property
    def bits(self) -> int:
        return stat.S_IMODE(self.mode)


def scan_permissions(repository: Repository, job: Job) -> ScanResult:
    """Look at every file and folder, those that git ignores included: that is where keys lie.

    Raises:
        Stopped: the job is no longer wanted.
    """
    coverage, skipped, findings = Coverage(), list[Skipped](), list[Finding]()
    modes: set[int] = set()
    for seen in _walk(repository, skipped):
        if job.out_of_time or coverage.files >= MAX_ENTRIES:
            bound = f"{job.seconds:g} s" if coverage.files < MAX_ENTRIES else f"{MAX_ENTRIES} files"
            coverage.gaps.append(f"everything after {printable(seen.path)}: beyond the bound of {bound}")
            break
        if stat.S_ISREG(seen.mode):
            coverage.files += 1
            modes.add(seen.bits)
            job.progress(min(0.9, coverage.files / MAX_ENTRIES), f"{coverage.files} files")
        findings.extend(_faults(repository, seen))
    if coverage.files >= TELLING and modes == {0o777}:
        findings = []
        coverage.gaps.append("this file system seems to keep no permissions: every file is open to all")
    note_skipped(coverage, skipped)
    return conclude("file permissions", repository.shown, findings, coverage, looked=coverage.files > 0)


def _walk(repository: Repository, skipped: list[Skipped]) -> Iterator[_Seen]:
    """Everything below a folder, whatever its name: others' code can be changed and run like any other."""
    folder = repository.folder
    yield _Seen(".", os.lstat(folder).st_mode)
    for place, folders, names in os.walk(
        folder, onerror=lambda e: skipped.append(Skipped(printable(_below(folder, e)), _UNLISTED, True, "the machine"))
    ):
        below = os.path.relpath(place, folder)
        for name in [
            name for name in (*folders, *names) if repository.is_left_out(os.path.normpath(Path(below, name)))
        ]:
            skipped.append(Skipped(printable(os.path.normpath(Path(below, name))), LEFT_OUT, False, "you"))
            (folders if name in folders else names).remove(name)
        # Of git's own store the objects are left out: they are named by what is in them.
        folders[:] = sorted(name for name in folders if name != "objects" or ".git" not in Path(below).parts)
        for name in sorted([*folders, *names]):
            path = os.path.normpath(Path(below, name))
            try:
                yield _Seen(path, os.lstat(Path(place, name)).st_mode)
            except FileNotFoundError:
                continue  # it went away meanwhile
            except OSError as error:
                skipped.append(Skipped(printable(path), f"cannot be looked at: {error.strerror}", True, "the machine"))


def _below(folder: Path, error: OSError) -> str:
    return os.path.relpath(str(error.filename), folder)


def _faults(repository: Repository, seen: _Seen) -> Iterator[Finding]:
    if stat.S_ISLNK(seen.mode):
        yield from _link_fault(repository, seen)
        return
    is_folder = stat.S_ISDIR(seen.mode)
    if not is_folder and not stat.S_ISREG(seen.mode):
        return
    if seen.bits & stat.S_IWOTH:
        sticky = is_folder and seen.bits & stat.S_ISVTX
        what = "folder" if is_folder else "file"
        yield _finding(
            seen,
            f"world-writable-{what}",
            f"World-writable {what}",
            "low" if sticky else "high",
            "Any user of the machine can change it",
            "o-w",
        )
    if not is_folder and seen.bits & (stat.S_ISUID | stat.S_ISGID):
        yield _finding(
            seen,
            "setuid-file",
            "Runs with its owner's rights",
            "high",
            "Any user runs it with its owner's rights",
            "ug-s",
        )
    if not is_folder and seen.bits & (stat.S_IRGRP | stat.S_IROTH):
        yield from _readable_fault(repository, seen)


def _readable_fault(repository: Repository, seen: _Seen) -> Iterator[Finding]:
    name = PurePosixPath(seen.path).name.lower()
    others = bool(seen.bits & stat.S_IROTH)
    if (name.endswith(_KEY_NAMES) or name in _KEY_STEMS) and _holds_key(repository, seen.path):
        severity: Severity = "high" if others else "medium"
        yield _finding(
            seen, "readable-private-key", "Private key others can read", severity, "Other users can read it", "go-rwx"
        )
    elif others and name.endswith(_STORES):
        yield _finding(
            seen, "readable-key-store", "Key store others can read", "medium", "Other users can read it", "go-rwx"
        )
    elif others and (name == ".env" or name.startswith(".env.")) and not name.endswith(_SAMPLES):
        yield _finding(seen, "readable-env", "Settings others can read", "medium", "Other users can read it", "go-rwx")
    elif others and name in _CREDENTIALS:
        yield _finding(
            seen, "readable-credentials", "Credentials others can read", "medium", "Other users can read it", "go-rwx"
        )


def _link_fault(repository: Repository, seen: _Seen) -> Iterator[Finding]:
    target = Path(os.path.realpath(repository.folder / seen.path))
    if not target.is_relative_to(repository.folder):
        yield Finding(
            rule="link-leaves-folder",
            title="Link that leaves the folder",
            severity="info",
            file=printable(seen.path),
            detail="What follows links reads or writes outside the folder through it. It was not followed.",
        )


def _holds_key(repository: Repository, path: str) -> bool:
    try:
        with repository.open(path) as file:
            return "PRIVATE KEY" in decoded(file.read(64 << 10))
    except OSError:
        return True  # unreadable to us, and named like a key: better said than not


def _finding(seen: _Seen, rule: str, title: str, severity: Severity, why: str, fix: str) -> Finding:
    detail = f"Mode {seen.bits:04o}. {why}; chmod {fix} fixes it."
    return Finding(rule=rule, title=title, severity=severity, file=printable(seen.path), detail=detail)
