"""The inputs that take paths, filled from what a sentence names: by what goes where, by kind, by folder and file."""

from collections.abc import Container, Sequence
from pathlib import Path

from aether_agents.planning.inputs.input_kind import (
    any_kind,
    file_kind,
    format_of,
    goes_into,
    is_target,
    is_text,
    may_be_gone,
)
from aether_agents.planning.inputs.path_nature import apart, nature_of, unusable, wanted
from aether_agents.planning.inputs.slots import Slots
from aether_agents.planning.sentence.sentence import Mentions

#: How a text begins that is a path whether or not there is something.
_WRITTEN = ("/", "./", "../", "~/")


class PathSlots(Slots):
    """The inputs of one template, of which paths are filled here."""

    def places(self, said: Mentions) -> None:
        """Paths. One that no input can take is asked about: another folder must not be used in its place."""
        self._missing()
        given = [name for name in self.values if format_of(self.spec(name)) == "path"]
        self._files_by_kind([text for text in (*said.paths, *said.loose, *said.quoted) if not self.is_given(text)])
        self._targets([text for text in (*said.paths, *said.loose) if not self.is_given(text)])
        self._by_nature(said)
        inputs = [name for name in self.open() if format_of(self.spec(name)) == "path"]
        inputs = [name for name in inputs if self.spec(name).required or self.spec(name).default]  # others: by name
        said = _without(said, self.taken)
        if not inputs:
            return
        loose = [*said.loose, *self._quoted_places(said)]
        certain = [*said.paths, *(text for text in loose if self.is_there(text))]
        if given:  # no guess which of the others it is: what is given by name may be what the sentence means, too
            certain = [text for text in certain if not self.is_given(text)]
            fitting = [name for name in inputs if not file_kind(self.spec(name))]
            self.fill(fitting, certain)
            if certain and inputs and not fitting:
                self.ask(inputs[0], f"`{certain[0]}` in the request could be meant")
            return
        foreign = [text for text in said.loose if "/" in text and text not in certain]
        foreign += [text for text in said.quoted if text in loose and text.isascii() and text not in certain]
        takes_address = any(format_of(self.spec(name)) in {"url", "endpoint"} for name in self.open())
        foreign += [] if takes_address else said.addresses
        if foreign:
            self.ask(inputs[0], f"`{foreign[0]}` in the request is no file or folder here")
        elif certain:
            folders = [name for name in inputs if not file_kind(self.spec(name))]
            self.fill(folders if folders and not any(Path(one).suffix for one in certain) else inputs, certain)
            self._missing(certain)
        elif said.here and len(inputs) == 1 and self.task.folder:
            self.take(inputs[0], ".")

    def _quoted_places(self, said: Mentions) -> list[str]:
        """Quoted texts that may be paths: all where no input takes a text, else those that are there, or written so."""
        texts = [self.spec(name) for name in self.open() if is_text(self.spec(name))]
        if not texts:
            return list(said.quoted)
        if any(spec.required for spec in texts):
            return []
        return [text for text in said.quoted if text.startswith(_WRITTEN) or self.is_there(text)]

    def _by_nature(self, said: Mentions) -> None:
        """Files and folders, where one input takes each: "./shop.db from the backup in ./copies"."""
        specs = {name: self.spec(name) for name in self.open() if format_of(self.spec(name)) == "path"}
        places = [*said.paths, *(text for text in said.loose if self.is_there(text) or nature_of(text, ""))]
        texts = [one for one in dict.fromkeys(places) if one not in self.taken and not self.is_given(one)]
        if any(self.is_carried_into(text) for text in texts):
            return
        for name, own in apart(specs, texts, self.task.folder).items():
            self.fill([name], own)
            self._missing(own)

    def _missing(self, places: Sequence[str] = ()) -> None:
        """A place to look at that is not there, or not readable, is asked about, where the caller's folder is seen."""
        for name, value in list(self.values.items()):
            spec, given = self.spec(name), name in self.task.inputs
            if format_of(spec) != "path" or may_be_gone(spec) or not (given or name in self.sources):
                continue
            if not Path(self.task.folder or "").is_dir() or (given and not self.task.folder):
                continue
            if given and not (spec.prompt or spec.description):  # nobody says whether it is looked at or made
                continue
            for place in map(str, value if isinstance(value, list) else [value]):
                if why := unusable(place) or (
                    "is a file, and a folder is wanted" if self._is_no_folder(name, place) else ""
                ):
                    said = next((one for one in places if Path(place).name in one), place)
                    self.values.pop(name, None)
                    self.ask(name, f"`{said}` in the {'inputs' if given else 'request'} {why}")

    def _is_no_folder(self, name: str, place: str) -> bool:
        """Whether a place is a file where the input takes folders."""
        return wanted(name, self.spec(name)) == "folder" and Path(place).is_file()

    def _targets(self, texts: Sequence[str]) -> None:
        """What the sentence puts something into, to the one input that says what goes into it."""
        into = [text for text in texts if text not in self.taken and goes_into(text, self.task.description)]
        inputs = [name for name in self.open() if format_of(self.spec(name)) == "path" and is_target(self.spec(name))]
        inputs = [name for name in inputs if all(self._can_become(name, one) for one in into)]
        others = [text for text in texts if text not in into and text not in self.taken]
        if len(into) == 1 and len(inputs) == 1 and (others or not self.spec(inputs[0]).required):
            self.fill(inputs, into)

    def _can_become(self, name: str, text: str) -> bool:
        """Whether a place can be what an input that something goes into takes."""
        kind, wants, is_one = (
            file_kind(self.spec(name)),
            wanted(name, self.spec(name)),
            nature_of(text, self.task.folder),
        )
        new = any_kind(text) and not Path(self.task.folder or "/", text).exists()  # it is made, as what is wanted
        return (kind in ("", Path(text).suffix) or new) and not (wants and is_one and wants != is_one)

    def _files_by_kind(self, texts: Sequence[str]) -> None:
        """A file of the kind that one input has by default is that input's, whether it is there yet or not."""
        for name in [name for name in self.open() if file_kind(self.spec(name))]:
            kind = file_kind(self.spec(name))
            rivals = [other for other in self.open() if file_kind(self.spec(other)) == kind]
            if len(rivals) == 1 and self.spec(name).type == "string":
                self.fill([name], [text for text in texts if Path(text).suffix == kind and not text.endswith("/")])

    def turned(self, said: Mentions) -> None:
        """A place that something goes into, taken for where it comes from: the sentence goes the other way."""
        into = [text for text in (*said.paths, *said.loose) if self.is_carried_into(text)]
        for name, texts in self.sources.items():
            wrong = [text for text in into if text in texts and not is_target(self.spec(name))]
            if wrong and format_of(self.spec(name)) == "path":
                self._not_there(name, wrong[0], [text for text in texts if text not in wrong])

    def _not_there(self, name: str, place: str, others: Sequence[str]) -> None:
        """Ask about a place that something goes into: what it should go into, where that is a file of one kind."""
        self.values.pop(name, None)
        said = f"something goes into `{place}` in the request"
        target = next((one for one, spec in self.template.inputs.items() if is_target(spec) and file_kind(spec)), None)
        if target is None or target in self.task.inputs or not others or self.spec(name).type != "array":
            self.ask(name, f"{said}, and `{name}` is where it comes from")
            return
        self.take(name, list(others))
        self.values.pop(target, None)
        self.ask(target, f"{said}, and `{target}` is a `{file_kind(self.spec(target))}` file, or made as one")


def _without(said: Mentions, taken: Container[str]) -> Mentions:
    return said._replace(
        paths=tuple(text for text in said.paths if text not in taken),
        loose=tuple(text for text in said.loose if text not in taken),
        quoted=tuple(text for text in said.quoted if text not in taken),
    )
