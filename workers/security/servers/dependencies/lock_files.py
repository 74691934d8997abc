"""Project and lock files of Python's tools, read as data."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from packaging.utils import canonicalize_name

from .requirement_files import is_requirements_file
from .wanted import Wanted

#: Files of other languages that say what is installed: known, and not covered by an audit of Python's packages.
OTHERS: Mapping[str, str] = {
    **dict.fromkeys(
        ("package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"), "npm"
    ),
    **dict.fromkeys(("bun.lockb", "bower.json", "deno.lock", "deno.json", "deno.jsonc", "jsr.json"), "npm"),
    **dict.fromkeys(("environment.yml", "environment.yaml", "conda-lock.yml", "pixi.lock"), "conda"),
    **dict.fromkeys(("cargo.lock", "cargo.toml"), "Rust"),
    **dict.fromkeys(("go.sum", "go.mod"), "Go"),
    **dict.fromkeys(("gemfile.lock", "gemfile", "gems.locked", "gems.rb"), "Ruby"),
    **dict.fromkeys(("composer.lock", "composer.json"), "PHP"),
    **dict.fromkeys(("gradle.lockfile", "pom.xml", "build.gradle", "build.gradle.kts", "ivy.xml"), "Java"),
    **dict.fromkeys(("packages.lock.json", "packages.config", "project.assets.json", "paket.lock"), ".NET"),
    **dict.fromkeys(("mix.lock", "mix.exs", "rebar.lock"), "Elixir"),
    **dict.fromkeys(
        ("package.resolved", "package.swift", "podfile.lock", "podfile", "cartfile.resolved", "cartfile"), "Swift"
    ),
    **dict.fromkeys(("pubspec.lock", "pubspec.yaml"), "Dart"),
    **dict.fromkeys(("conan.lock", "conanfile.txt", "vcpkg.json"), "C++"),
    **dict.fromkeys(("cpanfile", "cpanfile.snapshot"), "Perl"),
    "libs.versions.toml": "Java",
    "directory.packages.props": ".NET",
    "renv.lock": "R",
    "pipfile": "a Pipfile, which only its lock file pins",
}
_PROJECTS = (".csproj", ".fsproj", ".vbproj")
_TABLE = re.compile(r"^\s*\[\[packages?\]\]")
_OWN = ("editable", "virtual", "directory", "path")
_PLAIN_VERSION = re.compile(r"={0,3}\s*[0-9][0-9A-Za-z.+!-]*")


def read_lock(text: str, path: str, wanted: Wanted) -> None:
    """Add what `uv.lock`, `poetry.lock`, `pdm.lock` or `pylock.toml` pins."""
    document = tomllib.loads(text)
    packages = document.get("packages" if path.rpartition("/")[2].lower().startswith("pylock") else "package")
    packages = [item for item in packages if isinstance(item, dict)] if isinstance(packages, list) else []
    heads = [number for number, line in enumerate(text.splitlines(), 1) if _TABLE.match(line)]
    for index, item in enumerate(packages):
        line = heads[index] + 1 if len(heads) == len(packages) else None
        source = item.get("source")
        kinds = {*item, *(source if isinstance(source, dict) else {}), str(_of(source, "type"))}
        if kinds & set(_OWN):
            continue  # the project itself and its neighbours: their own files say what they ask for
        if kinds & {"git", "vcs", "archive"} or ("url" in kinds and _of(source, "type") != "legacy"):
            wanted.other(path, line, f"{item.get('name')} comes from an address")
        elif "name" in item:
            wanted.pin(str(item["name"]), str(item.get("version", "")), path, line)


def read_pipfile_lock(text: str, path: str, wanted: Wanted) -> None:
    """Add what `Pipfile.lock` pins."""
    document = json.loads(text)
    for group in ("default", "develop"):
        packages = _of(document, group)
        for name, item in packages.items() if isinstance(packages, dict) else ():
            version = _of(item, "version")
            line = _line_of(text, f'"{name}":')
            if isinstance(version, str) and version.startswith("=="):
                wanted.pin(name, version[2:], path, line)
            else:
                wanted.other(path, line, f"{name} is not pinned to a version")


def read_pyproject(text: str, path: str, wanted: Wanted) -> None:
    """Add what `pyproject.toml` asks for at run time and in its groups."""
    document = tomllib.loads(text)
    own = _of(_of(document, "project"), "name")
    wanted.own.update([canonicalize_name(own)] if isinstance(own, str) else [])
    _note_dynamic(document, path, wanted)
    for requirement in _requirements(document):
        wanted.requirement(requirement, path, _line_of(text, requirement))
    poetry = _of(_of(document, "tool"), "poetry")
    tables = [poetry, *_values(_of(poetry, "group"))]
    for table in tables:
        for key in ("dependencies", "dev-dependencies"):
            for name, spec in (_of(table, key) or {}).items():
                _poetry(name, spec, path, _line_of(text, f"{name} ="), wanted)


def _poetry(name: str, spec: Any, path: str, line: int | None, wanted: Wanted) -> None:
    if name == "python" or _of(spec, "path"):
        return
    version = spec if isinstance(spec, str) else _of(spec, "version")
    if not isinstance(version, str):
        wanted.other(path, line, f"{name} comes from an address")
    elif _PLAIN_VERSION.fullmatch(version):
        wanted.pin(name, version.lstrip("= "), path, line)
    else:
        wanted.requirement(name, path, line)


def _requirements(document: dict[str, Any]) -> Iterator[str]:
    project = _of(document, "project")
    groups = [_of(project, "dependencies"), *_values(_of(project, "optional-dependencies"))]
    groups += _values(_of(document, "dependency-groups"))
    tool = _of(document, "tool")
    groups += [_of(_of(tool, "uv"), "dev-dependencies"), *_values(_of(_of(tool, "pdm"), "dev-dependencies"))]
    for environment in _values(_of(_of(tool, "hatch"), "envs")):
        groups += [_of(environment, "dependencies"), _of(environment, "extra-dependencies")]
    for group in groups:
        yield from (item for item in group if isinstance(item, str)) if isinstance(group, list) else ()


def _note_dynamic(document: dict[str, Any], path: str, wanted: Wanted) -> None:
    """What a project is built with, where it is pinned; and that a program makes its list, where no file is named."""
    for requirement in _of(_of(document, "build-system"), "requires") or []:
        if "==" in requirement:
            wanted.requirement(requirement, path, None)
    made = _of(_of(document, "project"), "dynamic") or []
    named = _of(_of(_of(_of(document, "tool"), "setuptools"), "dynamic"), "dependencies")
    files = _of(named, "file") or []
    if "dependencies" in made and not all(
        map(is_requirements_file, [files] if isinstance(files, str) else files or [""])
    ):
        wanted.other(path, None, "its requirements are made when it is built, and are not read: lock them in a file")


def _of(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else []


def _line_of(text: str, what: str) -> int | None:
    at = text.find(what)
    return text.count("\n", 0, at) + 1 if at >= 0 else None


#: How a file is read, by its name.
READERS: Mapping[str, Callable[[str, str, Wanted], None]] = {
    **dict.fromkeys(("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"), read_lock),
    "pipfile.lock": read_pipfile_lock,
    "pyproject.toml": read_pyproject,
}
_PYLOCK = re.compile(r"pylock\.[^.]+\.toml")


def language_of(name: str) -> str | None:
    """Whose packages a file names, where they are not Python's."""
    lowered = name.lower()
    return ".NET" if lowered.endswith(_PROJECTS) else OTHERS.get(lowered)


def reader_of(name: str) -> Callable[[str, str, Wanted], None] | None:
    """How a file is read; none if it is none of Python's."""
    lowered = name.lower()
    return read_lock if _PYLOCK.fullmatch(lowered) else READERS.get(lowered)
