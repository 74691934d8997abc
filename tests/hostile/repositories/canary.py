"""Canary: programs that say that they were run, each by its own name."""

from pathlib import Path


class Canary:
    """Makes the programs, and tells which were run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sprung = folder / "sprung"
        self._sprung.mkdir(parents=True)
        self._sprung.chmod(0o777)

    @property
    def sprung(self) -> list[str]:
        """The names of those that were run since `forget`."""
        return sorted(path.name for path in self._sprung.iterdir())

    def forget(self) -> None:
        """Begin anew."""
        for path in self._sprung.iterdir():
            path.unlink()

    def program(self, name: str) -> Path:
        """A program of this name: it says that it ran, and hands on what it is given."""
        place = self.folder / f"trap-{name}"
        place.write_text(f"#!/bin/sh\n{self.shell(name)}\ncat\n")
        place.chmod(0o755)
        return place

    def shell(self, name: str) -> str:
        """A line of shell that says that it ran."""
        return f": > {self._sprung}/{name}"

    def python(self, name: str) -> str:
        """A line of Python that says that it ran."""
        return f"open({str(self._sprung / name)!r}, 'w').close()\n"
