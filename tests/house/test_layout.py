"""The layout of the house: folders that say what they hold, and texts that name only what is there."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ROOT / "aether_agents"
TOPS = ("aether_agents", "aether_sandbox", "workers", "beat")
CODE = sorted(path for top in TOPS for path in (ROOT / top).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

#: Files of code that a folder holds: fewer are no folder, more are two.
FEWEST, MOST = 3, 14
#: Files that open a folder of folders: `planner`, `store`, `program`.
LOOSE = 3
#: What lies at the top of the package, beside its folders.
TOP_FILES = {"__init__.py", "errors.py", "specialists.py", "py.typed"}
#: A dotted name of ours in a text.
DOTTED = re.compile(r"(?<![\w./@-])(?:aether_agents|aether_sandbox|workers\.inspection)(?:\.[A-Za-z_]\w*)+")
#: A path of ours in a text: from the checkout, or from the package, as docstrings say it.
OURS = "|".join(sorted(path.parent.name for path in (*PRODUCT.glob("*/__init__.py"), *ROOT.glob("*/__init__.py"))))
PATH = re.compile(rf"(?<![\w./{{}}<>*-])(?:{OURS})/(?:[a-z_0-9]+/)*[a-z_0-9]+\.py\b")


def folders() -> Iterator[Path]:
    """Every folder of the package that holds code."""
    for init in sorted(PRODUCT.rglob("__init__.py")):
        yield init.parent


@pytest.mark.parametrize("folder", list(folders()), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_folder_holds_a_few_files_or_folders(folder: Path) -> None:
    files = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]
    inner = [path.name for path in folder.iterdir() if (path / "__init__.py").exists()]
    assert len(files) <= MOST, f"more than {MOST} files are two folders: {sorted(files)}"
    assert len(files) >= FEWEST or inner, f"fewer than {FEWEST} files are no folder of their own: {sorted(files)}"
    if not inner:
        return
    # A folder of folders has a few files that open it; one beside which a single part has grown may hold more.
    assert len(files) <= LOOSE or len(inner) == 1, f"beside folders lie at most {LOOSE} files: {sorted(files)}"


def test_nothing_lies_loose_at_the_top() -> None:
    assert {path.name for path in PRODUCT.iterdir() if path.is_file()} - {"__init__.pyi"} == TOP_FILES


def test_files_of_a_folder_differ_by_more_than_an_ending() -> None:
    """`call`, `calls` and `calling` beside each other are three names for nobody."""
    found = []
    for folder in folders():
        stems: dict[str, list[str]] = {}
        for path in folder.glob("*.py"):
            stems.setdefault(re.sub(r"(ings?|ed|ers?|s)$", "", path.stem), []).append(path.name)
        found += [(str(folder.relative_to(ROOT)), names) for stem, names in stems.items() if stem and len(names) > 1]
    assert found == []


def test_every_module_says_what_it_is() -> None:
    silent = [str(path.relative_to(ROOT)) for path in CODE if not ast.get_docstring(parsed(path))]
    assert silent == []


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def strings(path: Path) -> Iterator[str]:
    """Every text of a file that names modules, docstrings too."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if not DOTTED.search("\n".join(line for line in lines if not line.startswith(("from ", "import ")))):
        return  # most files: parsing takes time
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@cache
def resolves(name: str) -> bool:
    """Whether a dotted name is a module of ours, or something in one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            spec = find_spec(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        if spec is None or spec.origin is None:
            continue
        rest = parts[end:]
        return not rest or names_in(Path(spec.origin), rest[0])
    return False


def names_in(path: Path, name: str) -> bool:
    """Whether a module's text defines, imports or hands on a name."""
    return re.search(rf"\b{name}\b", path.read_text(encoding="utf-8")) is not None


def test_modules_that_strings_name_are_there() -> None:
    """Celery loads classes by name, the stack starts programs with `-m`, tests patch by path: unseen by importers."""
    named = {(path, name) for path in (*CODE, *TESTS) for text in strings(path) for name in DOTTED.findall(text)}
    assert len(named) > 30
    assert sorted(f"{path.relative_to(ROOT)}: {name}" for path, name in named if not resolves(name)) == []


def prose() -> Iterator[tuple[Path, str]]:
    """What people read: manuals, Lua, and what code says of itself."""
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")):
        if path.name != "CHANGELOG.md":  # history names what was
            yield path, path.read_text(encoding="utf-8")
    for path in (PRODUCT / "store" / "lua").glob("*.lua"):
        yield path, path.read_text(encoding="utf-8")
    for path in CODE:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, ast.get_docstring(node) or ""


def test_modules_that_texts_name_are_there() -> None:
    named = [(str(path.relative_to(ROOT)), name) for path, text in prose() for name in DOTTED.findall(text)]
    wrong = [one for one in named if not resolves(one[1])]
    assert wrong == []


def test_files_that_texts_name_are_there() -> None:
    missing = [
        (str(path.relative_to(ROOT)), name)
        for path, text in prose()
        for name in PATH.findall(text)
        if not any((place / name).exists() for place in (ROOT, PRODUCT, path.parent, ROOT / "workers"))
    ]
    assert missing == []
