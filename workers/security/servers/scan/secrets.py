"""Secrets in the files of a folder and in its git history, each named once, none of them shown."""

from collections import Counter

from workers.inspection.archives import archive_kind
from workers.inspection.bounded_job import Job
from workers.inspection.findings import (
    Coverage,
    ScanResult,
    Suppressed,
    conclude,
    note_skipped,
    note_suppressed,
)
from workers.inspection.git import printable
from workers.inspection.git_home import LARGE, small
from workers.inspection.repository import MAX_INNER, Entry, Repository, Skipped, Who
from workers.inspection.text import decoded

from .contents import Contents
from .found import Found, Secret
from .history import History
from .naming import PRAGMA, Naming, rule_of
from .patches import MESSAGE

#: Lists of what other scanners are told to pass over; none of them is read here.
_BASELINES = frozenset(
    (
        ".secrets.baseline",
        ".gitleaksignore",
        ".gitleaks.toml",
        ".trufflehogignore",
        ".gitguardian.yaml",
        ".ggshield.yml",
    )
)


class SecretsScan:
    """One scan. The secrets it finds leave it masked and hashed only."""

    def __init__(
        self,
        repository: Repository,
        job: Job,
        max_commits: int,
        only: frozenset[str] | None = None,
        honour: bool = False,
    ) -> None:
        """`only`: the files to look at, relative to the folder; else all. `honour`: what the files suppress is so."""
        self._repository = repository
        self._only = only
        self._job = job
        self._max_commits = max_commits
        self._honour = honour
        self._found = Found(job)
        self._coverage = Coverage()
        self._skipped: list[Skipped] = []
        self._suppressed: list[Suppressed] = []
        self._archives: set[str] = set()  #: those that were looked into
        self._looked: set[str] = set()  #: other files that were looked at

    def run(self) -> ScanResult:
        """Look everywhere and say what was found.

        Raises:
            Stopped: the job is no longer wanted.
        """
        self._look_at_files()
        self._look_at_histories()
        note_skipped(self._coverage, self._skipped)
        naming = Naming(self._found.secrets)
        kept = [secret for secret in self._found.secrets if not (self._suppress(secret, naming) and self._honour)]
        note_suppressed(self._coverage, self._suppressed)
        nothing_new = self._only is not None and not self._coverage.gaps
        return conclude(
            "secrets in files and git history (detect-secrets)",
            self._repository.shown,
            [naming.finding(secret) for secret in kept],
            self._coverage,
            looked=bool(self._coverage.files or self._coverage.commits or nothing_new),
        )

    def _look_at_files(self) -> None:
        if self._only is None:
            entries = list(self._repository.files(self._skipped))
        else:
            entries = list(self._repository.named_files(self._only, self._skipped))
        for index, entry in enumerate(entries):
            if self._job.out_of_time:
                self._coverage.gaps.append(f"{len(entries) - index} files: beyond the bound of {self._job.seconds:g} s")
                return
            self._job.progress(0.5 * index / len(entries), f"file {index + 1} of {len(entries)}")
            self._look_at_file(entry)
            if self._job.out_of_time:
                self._coverage.gaps.append(f"{printable(entry.path)}: beyond the bound of {self._job.seconds:g} s")

    def _look_at_file(self, entry: Entry) -> None:
        self._found.note(entry.path, [(1, entry.path)], None)  # a name can hold one as well
        contents = Contents(self._repository, entry)
        looked = False
        for path, text in contents.texts(self._skipped):
            looked = True
            lines = list(enumerate(text.split("\n"), 1))
            self._coverage.lines += len(lines)
            self._found.note(path, lines, None)
        self._coverage.files += looked
        if looked:
            (self._archives if contents.is_archive else self._looked).add(entry.path)
        if entry.path.rpartition("/")[2] in _BASELINES:
            how = "a list of what other scanners pass over: it is not read here"
            self._suppressed.append(Suppressed(rule="baseline", file=printable(entry.path), how=how))

    def _look_at_histories(self) -> None:
        self._look_at_history(self._repository, "")
        if self._only is not None:
            return
        for inner in self._repository.inner[:MAX_INNER]:
            within = Repository(str(self._repository.folder / inner))
            if within.why_not_git == "git's own folder" or (within.top and within.top != within.folder):
                self._skipped.append(Skipped(f"{printable(inner)} (history)", "it cannot be read", True, "the machine"))
            else:
                self._look_at_history(within, f"{inner}/")
        if len(self._repository.inner) > MAX_INNER:
            left = len(self._repository.inner) - MAX_INNER
            self._coverage.gaps.append(f"the history of {left} repositories inside: beyond the bound of {MAX_INNER}")

    def _look_at_history(self, repository: Repository, prefix: str) -> None:
        name = f"{printable(prefix)}(history)" if prefix else "(history)"
        if not repository.is_git:
            broken = repository.place.broken
            who: Who = "the machine" if broken else "the repository"
            self._skipped.append(Skipped(name, repository.why_not_git, broken, who))
            return
        self._look_at_settings(repository, prefix)
        history = History(repository, self._max_commits)
        if not repository.bare:
            for _, path, lines in history.staged(self._job):
                if self._only is None or path in self._only:
                    self._found.note(prefix + path, lines, None)
        if self._max_commits == 0:
            self._skipped.append(Skipped(name, "left out, as asked for", False, "you"))
        else:
            self._note_commits(history, prefix)
            self._coverage.repositories += 1
            for tag, name, lines in history.tags():
                self._found.note(prefix + name, lines, tag)
        self._coverage.commits += history.commits
        self._coverage.gaps.extend(f"{printable(prefix)}{': ' if prefix else ''}{gap}" for gap in history.gaps)

    def _note_commits(self, history: History, prefix: str) -> None:
        archives, versions = Counter[str](), Counter[str]()
        for commit, path, lines in history.added(self._job):
            self._found.note(prefix + path, lines, commit)
            if path != MESSAGE and lines[0][0] == 1:
                versions[path] += 1
                archives[path] += bool(archive_kind(lines[0][1]))
        for path, times in archives.items():
            whole = prefix + path
            # What is there now was looked at by its structure, which tells more than a first line.
            now = times == 1 and (whole in self._archives or (versions[path] == 1 and whole in self._looked))
            if times and not now:
                why = "in history: an archive, which is not looked into there"
                self._skipped.append(Skipped(printable(whole), why, True))

    def _look_at_settings(self, repository: Repository, prefix: str) -> None:
        """The settings of a repository: addresses there may hold passwords. They are no file of the folder's."""
        if repository.top != repository.folder or repository.bare or self._only is not None:
            return
        home = repository.git.home
        text = decoded(small(home.file("config"), LARGE)) if home else ""
        self._found.note(f"{prefix}.git/config", list(enumerate(text.split("\n"), 1)), None)

    def _suppress(self, secret: Secret, naming: Naming) -> bool:
        """Whether its lines say that it is none: each that is there now, and no other file's."""
        allowed = {(path, line) for path, line in secret.places if (path, line) in secret.allowed}
        if not allowed:
            return False
        path, line = min(allowed)
        files = {path for path, _ in secret.allowed}
        whole = all(place in secret.allowed for place in secret.present_places) and all(
            path in files for path, _ in secret.places
        )
        self._suppressed.append(
            Suppressed(
                rule=rule_of(secret.hit),
                file=naming.shown(path),
                line=line,
                how=f"`{PRAGMA}`",
                honoured=whole and self._honour,
            )
        )
        return whole
