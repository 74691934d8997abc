"""Secrets in the files of a folder and in its git history, each named once, none of them shown."""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from detect_secrets.filters.heuristic import IGNORED_FILE_EXTENSIONS, is_lock_file

from workers.inspection.findings import Coverage, Finding, ScanResult, conclude, note_skipped
from workers.inspection.git import printable
from workers.inspection.job import Job
from workers.inspection.repository import MAX_FILE_BYTES, Entry, Repository, Skipped

from .detectors import Detectors, Hit
from .guesses import looks_random
from .history import History

#: Secrets are hashed with a salt that only this process knows: the same secret has the same
#: fingerprint in all its results, and nobody can guess secrets from fingerprints.
_SALT = os.urandom(32)

#: Lines known to hold nothing, by their hash: most lines of a history are met many times.
_MAX_CLEAN = 2_000_000

#: Characters of a guessed value that is nothing else than a secret: an ordinary word or name is shorter.
_NO_WORD = 32

_REMEDY = "Revoke it and issue a new one first; then take it out of the {place}."


@dataclass
class _Secret:
    hit: Hit
    path: str
    present: bool
    commit: str | None = None
    places: set[tuple[str, int]] = field(default_factory=set)


class SecretsScan:
    """One scan. The secrets it finds leave it masked and hashed only."""

    def __init__(self, repository: Repository, job: Job, max_commits: int, only: frozenset[str] | None = None) -> None:
        """`only`: the files to look at, relative to the folder; else all of them."""
        self._repository = repository
        self._only = only
        self._job = job
        self._max_commits = max_commits
        self._detectors = Detectors()
        self._found: dict[tuple[str, str], _Secret] = {}
        self._allowed: dict[str, None] = {}
        self._clean: set[int] = set()
        self._coverage = Coverage()
        self._skipped: list[Skipped] = []

    def run(self) -> ScanResult:
        """Look everywhere and say what was found.

        Raises:
            ToolError: git failed.
            Stopped: the job is no longer wanted.
        """
        self._look_at_files()
        self._look_at_history()
        note_skipped(self._coverage, self._skipped)
        secrets = [secret for secret in self._found.values() if secret.hit.value not in self._allowed]
        self._coverage.allowlisted = len(self._allowed)
        return conclude(
            "secrets in files and git history (detect-secrets)",
            self._repository.shown,
            [self._finding(secret) for secret in secrets],
            self._coverage,
            looked=bool(self._coverage.files or self._coverage.commits),
        )

    def _look_at_files(self) -> None:
        entries = list(self._repository.files(self._skipped))
        if self._only is not None:
            entries = [entry for entry in entries if entry.path in self._only]
        for index, entry in enumerate(entries):
            if self._job.out_of_time:
                self._coverage.gaps.append(f"{len(entries) - index} files: beyond the bound of {self._job.seconds:g} s")
                return
            self._job.progress(0.5 * index / len(entries), f"file {index + 1} of {len(entries)}")
            text = self._text(entry)
            if text is None:
                continue
            lines = list(enumerate(text.split("\n"), 1))
            self._coverage.files += 1
            self._coverage.lines += len(lines)
            self._note(entry.path, lines, None)
            if self._job.out_of_time:
                self._coverage.gaps.append(f"{printable(entry.path)}: beyond the bound of {self._job.seconds:g} s")

    def _text(self, entry: Entry) -> str | None:
        """The text of a file, or None with the reason noted."""
        name = printable(entry.path)
        if is_no_source(entry.path):
            self._skipped.append(Skipped(name, "generated or not text, by its name", False))
            return None
        try:
            with self._repository.open(entry.path) as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            self._skipped.append(Skipped(name, f"cannot be read: {error.strerror or error}", True))
            return None
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16", "replace")
        if b"\0" in data[:8192]:
            self._skipped.append(Skipped(name, "not text", False))
            return None
        if len(data) > MAX_FILE_BYTES:
            self._skipped.append(Skipped(name, f"larger than {MAX_FILE_BYTES >> 20} MiB", True))
            return None
        return data.decode("utf-8", "replace")

    def _look_at_history(self) -> None:
        if not self._repository.is_git:
            self._skipped.append(Skipped("(history)", self._repository.why_not_git, self._repository.place.broken))
            return
        if self._max_commits == 0:
            self._skipped.append(Skipped("(history)", "left out, as asked for", False))
            return
        history = History(self._repository, self._max_commits)
        for commit, path, lines in history.added(self._job):
            if not is_no_source(path):
                self._note(path, lines, commit)
        self._coverage.commits = history.commits
        self._coverage.gaps.extend(history.gaps)
        self._skipped.extend(dict.fromkeys(history.skipped))

    def _note(self, path: str, lines: list[tuple[int, str]], commit: str | None) -> None:
        """Look at lines that are in the file now (no commit) or that a commit added to it."""
        kind = PurePosixPath(path).suffix
        if "PRIVATE KEY" not in (joined := "\n".join(text for _, text in lines)) and "nextline" not in joined:
            lines = [line for line in lines if hash((kind, line[1])) not in self._clean]
        hits = list(self._detectors.scan(path, lines, lambda: self._job.out_of_time))
        if len(self._clean) < _MAX_CLEAN:
            dirty = {hit.line for hit in hits}
            self._clean.update(hash((kind, text)) for number, text in lines if number not in dirty)
        for hit in hits:
            if hit.allowed:
                self._allowed[hit.value] = None
            secret = self._found.setdefault((hit.title, hit.value), _Secret(hit, path, commit is None))
            secret.places.add((path, hit.line))
            secret.commit = commit or secret.commit

    def _finding(self, secret: _Secret) -> Finding:
        hit = secret.hit
        place = "file" if secret.present else "history, or accept that it stays there revoked"
        others = len({path for path, _ in secret.places}) - 1
        detail = _REMEDY.format(place=place) + (f" Also seen in {others} other file(s)." if others else "")
        if secret.present and secret.commit:
            detail += " It is in the git history as well."
        return Finding(
            rule="-".join(hit.title.lower().replace("(", "").replace(")", "").split()),
            title=hit.title,
            severity=hit.severity,
            file=self._without_secrets(printable(secret.path)),
            line=hit.line,
            status="present" if secret.present else "in history",
            detail=detail,
            commit=secret.commit[:12] if secret.commit else None,
            masked=mask(hit),
            fingerprint=hmac.new(_SALT, hit.value.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16],
        )

    def _without_secrets(self, text: str) -> str:
        """A text with every secret that was found taken out: file names can hold them too."""
        for secret in self._found.values():
            if stands_out(secret.hit):
                text = text.replace(secret.hit.value, "•••")
        return text


def stands_out(hit: Hit) -> bool:
    """Whether a value is told for a secret wherever it stands, by its form, its randomness or its length.

    Any other, such as the sample password of a manifest, may as well be a word that paths and names are made of: it
    is masked where it was found, and striking it out elsewhere would hide what a finding is about.
    """
    return hit.known_form or looks_random(hit.value) or len(hit.value) >= _NO_WORD


def mask(hit: Hit) -> str:
    """A secret for people: its length, and for tokens of a known form the prefix that all of them share."""
    known = 4 if hit.known_form and len(hit.value) >= 16 else 0  # noqa: PLR2004 - shorter ones show nothing
    return f"{hit.value[:known]}••• ({len(hit.value)} characters)"


def is_no_source(path: str) -> bool:
    """Whether a file is, by its name, generated or no text: locked dependencies, minified code, pictures."""
    lowered = path.lower()
    name = PurePosixPath(lowered).name
    endings = (".min.js", ".min.css", ".bundle.js", ".ipynb_checkpoints", "-lock.yaml", "-lock.json", ".lock.txt")
    return (
        is_lock_file(PurePosixPath(path).name)
        or PurePosixPath(lowered).suffix in IGNORED_FILE_EXTENSIONS
        or name.endswith(endings)
        or "swagger-ui" in name
    )
