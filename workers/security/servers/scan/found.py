"""What was found so far: each secret once, with all its places, and the lines that are known to hold none."""

from dataclasses import dataclass, field

from workers.inspection.bounded_job import Job
from workers.inspection.findings import SEVERITIES

from .detectors import Detectors, Hit
from .places import Place

#: Lines known to hold nothing, by their hash: most lines of a history are met many times.
_MAX_CLEAN = 2_000_000


@dataclass
class Secret:
    """One secret. Its `hit` and `path` are those of its worst place, whichever came first."""

    hit: Hit
    path: str
    present: bool
    commit: str | None = None  #: the oldest that was seen to add it
    places: set[tuple[str, int]] = field(default_factory=set)
    present_places: set[tuple[str, int]] = field(default_factory=set)
    allowed: set[tuple[str, int]] = field(default_factory=set)  #: where its line says that it is none

    def add(self, hit: Hit, path: str, commit: str | None) -> None:
        """Add a place of it."""
        place = (path, hit.line)
        self.places.add(place)
        if hit.allowed:
            self.allowed.add(place)
        if commit is None:
            self.present_places.add(place)
        new = (SEVERITIES.index(hit.severity), commit is not None, hit.allowed)
        old = (SEVERITIES.index(self.hit.severity), not self.present, self.hit.allowed)
        if new < old:
            self.hit, self.path = hit, path
        self.present = self.present or commit is None
        self.commit = commit or self.commit


class Found:
    """Everything that a scan has found."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._detectors = Detectors()
        self._found: dict[tuple[str, str], Secret] = {}
        self._clean: set[int] = set()

    @property
    def secrets(self) -> list[Secret]:
        """Each secret, once."""
        return list(self._found.values())

    def note(self, path: str, lines: list[tuple[int, str]], commit: str | None) -> None:
        """Look at lines that are in the file now (no commit) or that a commit added to it.

        The result for a line depends on what kind of place it is in and on the lines before it, and so does what is
        remembered of it: the same line may be a sample in one file and a secret in another.
        """
        place = Place.of(path)
        texts = [text for _, text in lines]
        known = [hash((place, *texts[max(0, at - 3) : at + 1])) for at in range(len(texts))]
        fresh = [key not in self._clean for key in known]
        hits = list(self._detectors.scan(path, lines, lambda: self._job.out_of_time, fresh))
        if len(self._clean) < _MAX_CLEAN and not self._job.out_of_time:
            dirty = {hit.line for hit in hits}
            self._clean.update(
                key
                for key, (number, text) in zip(known, lines, strict=True)
                if number not in dirty and "PRIVATE KEY" not in text and "PuTTY" not in text
            )
        for hit in hits:
            secret = self._found.setdefault((hit.title, hit.value), Secret(hit, path, commit is None))
            secret.add(hit, path, commit)
