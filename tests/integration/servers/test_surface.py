"""What a module offers to others, read from its syntax tree."""

import pytest

from workers.dev.servers.documentation.modules import is_public, modules_of
from workers.dev.servers.documentation.surface import read_surface, things
from workers.inspection.repository import Entry, Skipped


def lacking(source: str) -> list[str]:
    return [name for name, thing in things(read_surface(source, "m", False)) if not thing.docstring]


def test_what_is_public_should_be_documented() -> None:
    source = (
        "def f(): ...\n"
        "def _hidden(): ...\n"
        "class C:\n"
        "    def method(self): ...\n"
        "    def _own(self): ...\n"
        "    def __init__(self): ...\n"
        "    class Inner: ...\n"
        "    @property\n"
        "    def value(self): ...\n"
        "    @value.setter\n"
        "    def value(self, v): ...\n"
    )
    assert lacking(source) == ["", "f", "C", "C.method", "C.Inner", "C.value"]


def test_all_says_what_is_public() -> None:
    assert lacking('"""m"""\n__all__ = ["_f"]\ndef _f(): ...\ndef g(): ...\n') == ["_f"]
    assert lacking('"""m"""\n__all__ = [x for x in y]\ndef _f(): ...\ndef g(): ...\n') == ["g"]


def test_nothing_is_wanted_of_overloads_overrides_and_empty_files() -> None:
    assert lacking("") == []
    assert lacking('"""m"""\nclass C:\n  """c"""\n  @override\n  def f(self): ...\n') == []
    assert lacking('"""m"""\n@overload\ndef f(a): ...\n@overload\ndef f(b): ...\ndef f(a):\n  """f"""\n') == []


def test_what_a_condition_holds_counts_once() -> None:
    source = (
        '"""m"""\ntry:\n  def f(): ...\nexcept ImportError:\n  pass\nif A:\n  def g(): ...\nelse:\n  def g(): ...\n'
    )
    assert lacking(source) == ["f", "g"]


def test_a_variable_has_the_text_after_it() -> None:
    found = read_surface('x: int = 1\n"""how many"""\ny = 2\n', "m", False)
    assert (found.members["x"].docstring, found.members["y"].docstring) == ("how many", "")


def test_imports_are_whole_names() -> None:
    found = read_surface(
        "import a.b\nimport c as d\nfrom . import e\nfrom .f import g as h\nfrom ..i import j\n", "p.q.r", False
    )
    assert found.imports == {"a": "a", "d": "c", "e": "p.q.e", "h": "p.q.f.g", "j": "p.i.j"}


def test_names_of_modules() -> None:
    files = [
        "src/shop/__init__.py", "src/shop/till.py", "src/shop/sub/__init__.py", "tools/run.py", "tests/test_till.py",
        "setup.py", "my-script.py", "libs/other/shop/__init__.py", "main.py", "shop/__main__.py", "build/lib/x.py",
    ]  # fmt: skip
    skipped: list[Skipped] = []
    found = modules_of([Entry(path, 10, 0o644) for path in files], skipped)
    assert found == {
        "main": "main.py",
        "shop": "src/shop/__init__.py",
        "shop.sub": "src/shop/sub/__init__.py",
        "shop.till": "src/shop/till.py",
        "tools.run": "tools/run.py",
    }
    assert [item.path for item in skipped if item.gap] == ["libs/other/shop/__init__.py"]


@pytest.mark.parametrize(("name", "public"), [("a.b", True), ("_a.b", False), ("a._b", False), ("a.__main__", False)])
def test_a_module_is_public(name: str, public: bool) -> None:
    assert is_public(name) is public
