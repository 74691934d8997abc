"""Templates: what can be asked for. Gathered from specialists, settings and the caller's folder."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aether_agents.contracts import Specialist, Template
from aether_agents.documents.document import ENDINGS, Document, parse_document, read_document
from aether_agents.documents.model_check import read_as
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidSettings
from aether_agents.planning.sentence.vocabulary import deed_faults
from aether_agents.planning.validation.structure import MAX_DOCUMENT_BYTES, structure
from aether_agents.process.regular_file import read_regular, why_not
from aether_agents.settings.model import Settings

#: Domain of `task_templates` in the settings to the specialist that owns its templates.
DOMAINS: Mapping[str, str] = {
    "infrastructure": "infra",
    "development": "dev",
    "data": "data",
    "compliance": "security",
    "security": "security",
}

FOLDER = "templates"


@dataclass(frozen=True)
class Templates:
    """Every template there is, and what could not be used."""

    known: tuple[Template, ...]
    sources: Mapping[str, str] = field(default_factory=dict)  #: by template name: where it was read
    places: Mapping[str, Path] = field(default_factory=dict)  #: by template name: the folder its file lies in
    inert: tuple[Path, ...] = ()  #: files of the folder that are not trusted
    stubs: tuple[Template, ...] = ()  #: of the folder's settings file that is not trusted: to be listed only
    faults: tuple[str, ...] = ()  #: files that are wrong, and names that are taken twice

    def __iter__(self) -> Iterator[Template]:
        return iter(self.known)

    def named(self, name: str) -> Template | None:
        """The template of that name."""
        return next((template for template in self.known if template.name == name), None)


def gather(
    specialists: Iterable[Specialist],
    settings: Settings,
    folder: Path | None = None,
    is_trusted: Callable[[Path, bytes], bool] = lambda _path, _content: False,
) -> Templates:
    """All templates: the specialists', then the settings', then the trusted ones in `<folder>/templates`.

    Where two have one name the first is used and the second is named in `faults`; but a stub gives way to a
    template that says what to do.
    """
    known: dict[str, Template] = {}
    sources: dict[str, str] = {}
    places: dict[str, Path] = {}
    faults: list[str] = []
    own, inert = _read_folder(folder, is_trusted, faults) if folder else ([], [])
    found = [
        *((f"specialist {one.name}", template, one.folder) for one in specialists for template in one.templates),
        *((source, template, "") for source, template in _from_settings(settings, faults)),
        *((source, template, str(folder)) for source, template in own),
    ]
    stubs: list[Template] = []
    for source, template, home in found:
        if template.name in settings.inert_stubs and template.is_stub:
            stubs.append(template)
            continue
        if template.name in known and not completes(template, known[template.name]):
            faults.append(
                f"{source}: a template `{template.name}` is already there ({sources[template.name]}): rename it"
            )
            continue
        known[template.name] = template
        sources[template.name] = source
        if home:
            places[template.name] = Path(home) / FOLDER
    return Templates(tuple(known.values()), sources, places, tuple(inert), tuple(stubs), tuple(faults))


def completes(template: Template, known: Template) -> bool:
    """Whether a template takes the place of a known one of its name: of a stub, if it is none itself."""
    return known.is_stub and not template.is_stub


def read_template(path: Path) -> Template:
    """Read one template or plan file.

    Raises:
        InvalidSettings: it cannot be read or is wrong; every fault has file and line.
    """
    return _checked(read_document(path))


def _checked(document: Document) -> Template:
    template = read_as(Template, document)
    faults = [document.fault(fault.location, fault.message) for fault in structure(template)]
    faults += [document.fault(("deed",), fault) for fault in deed_faults(template.deed)]
    if faults:
        raise InvalidSettings("\n".join(faults))
    return template


def owner_of(domain: str) -> str | None:
    """The specialist that owns a domain of `task_templates`, if there is one."""
    return DOMAINS.get(domain, domain if domain in DOMAINS.values() else None)


def _from_settings(settings: Settings, faults: list[str]) -> Iterator[tuple[str, Template]]:
    for domain, templates in settings.task_templates.items():
        owner = owner_of(domain)
        if owner is None:
            known = ", ".join(DOMAINS)
            faults.append(f"task_templates: there is no domain `{domain}`{nearest(domain, DOMAINS)}; known: {known}")
            continue
        for template in templates:
            yield f"settings, task_templates.{domain}", _owned(template, owner)


def _read_folder(
    folder: Path, is_trusted: Callable[[Path, bytes], bool], faults: list[str]
) -> tuple[list[tuple[str, Template]], list[Path]]:
    found: list[tuple[str, Template]] = []
    inert: list[Path] = []
    for path in _files(folder / FOLDER):
        try:
            content = _content(path)
            if is_trusted(path, content):  # exactly the bytes that were judged are parsed
                found.append((str(path), _checked(parse_document(content.decode("utf-8-sig"), str(path)))))
            else:
                inert.append(path)
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{path}: cannot be read: {why_not(error)}")
        except InvalidSettings as error:
            faults.append(str(error))
    return found, inert


def _content(path: Path) -> bytes:
    return read_regular(path, MAX_DOCUMENT_BYTES)


def _files(folder: Path) -> Sequence[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in ENDINGS and path.is_file())
    except OSError:
        return []


def _owned(template: Template, owner: str) -> Template:
    return template if template.specialist else template.model_copy(update={"specialist": owner})
