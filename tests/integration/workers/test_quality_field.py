"""Code as people have it: each thing that keeps a file from being assessed is said once, and the rest is measured."""

from typing import Any

import pytest

from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted import Planted

BRANCHES = "".join(f"  if (x == {n}) {{ return {n}; }}\n" for n in range(24))
#: A tangled function in each language that is measured: file, content.
OTHERS = {
    "JavaScript": ("a.js", f"function big(x) {{\n{BRANCHES}}}\n"),
    "TypeScript": ("a.ts", f"export function big(x: number): number {{\n{BRANCHES}  return 0;\n}}\n"),
    "Go": (
        "a.go",
        "package a\nfunc Big(x int) int {\n" + BRANCHES.replace("(x", "x").replace(") {", " {") + "return 0\n}\n",
    ),
    "Java": ("A.java", f"class A {{\n int big(int x) {{\n{BRANCHES} return 0; }}\n}}\n"),
    "C": ("a.c", f"int big(int x) {{\n{BRANCHES}  return 0;\n}}\n"),
    "C++": ("a.cpp", f"int A::big(int x) {{\n{BRANCHES}  return 0;\n}}\n"),
    "C#": ("A.cs", f"class A {{\n public int Big(int x) {{\n{BRANCHES} return 0; }}\n}}\n"),
    "Rust": ("a.rs", f"fn big(x: i32) -> i32 {{\n{BRANCHES.replace('(x', 'x').replace(') {', ' {')}  0\n}}\n"),
    "Ruby": ("a.rb", "def big(x)\n" + "".join(f"  if x == {n}\n    return {n}\n  end\n" for n in range(24)) + "end\n"),
    "PHP": ("a.php", f"<?php\nfunction big($x) {{\n{BRANCHES.replace('(x', '($x')}}}\n"),
    "Kotlin": ("a.kt", f"fun big(x: Int): Int {{\n{BRANCHES}  return 0\n}}\n"),
}


def about(result: dict[str, Any], file: str) -> tuple[list[str], list[str]]:
    """Findings and gaps that name a file."""
    rules = [finding["rule"] for finding in result["findings"] if finding["file"] == file]
    return rules, [gap for gap in result["coverage"]["gaps"] if file in gap]


def test_python_newer_than_the_one_that_reads_it_is_code(quality: Talk, repository: Planted) -> None:
    repository.write(
        "new.py", "import os\ntype Pair[T] = tuple[T, T]\n\n\ndef first[T](p: Pair[T]) -> T:\n    return p[0]\n"
    )
    repository.write(
        "newest.py", 'def f(a):\n    try:\n        return t"{a}"\n    except ValueError, TypeError:\n        return a\n'
    )
    result = quality.call("assess", path=str(repository.folder))
    assert "F401" in about(result, "new.py")[0]
    assert (result["measures"]["files"], result["measures"]["functions"]) == (2, 2)
    assert "no Python code" not in result["summary"]
    assert not [finding for finding in result["findings"] if finding["rule"] == "invalid-syntax"]


@pytest.mark.parametrize(
    "line",
    [
        'print "x"',
        "print x, y",
        'exec "x"',
        'raise E, "x"',
        "x = 0777",
        "if 1 <> 2: pass",
        'x = ur"a"',
    ],
)
def test_python_2_is_one_gap_and_no_finding(quality: Talk, repository: Planted, line: str) -> None:
    repository.write("old.py", f"import os\n\n\ndef f(x, y, f, E):\n    {line}\n    return os\n")
    repository.write("older.py", "def g():\n    try:\n        pass\n    except ValueError, e:\n        print e\n")
    result = quality.call("assess", path=str(repository.folder))
    gaps = [gap for gap in result["coverage"]["gaps"] if "Python 2" in gap]
    assert len(gaps) == 1
    assert gaps[0].startswith("(2 files of Python 2)")
    assert not [finding for finding in result["findings"] if finding["rule"] == "invalid-syntax"]
    assert result["measures"]["functions"] == 2


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "euc-jp", "koi8-r", "shift_jis"])
def test_code_in_an_encoding_that_it_declares_is_read(quality: Talk, repository: Planted, encoding: str) -> None:
    text = {"euc-jp": "山田", "shift_jis": "ソ表", "koi8-r": "Иван"}.get(encoding, "José")
    code = f'# -*- coding: {encoding} -*-\nimport os\n\nNAME = "{text}"\nprint(NAME)\n'
    repository.write("a.py", "x = 1\n")
    (repository.folder / "b.py").write_bytes(code.encode(encoding))
    result = quality.call("assess", path=str(repository.folder))
    assert about(result, "b.py") == (["F401"], [])
    assert result["measures"]["files"] == 2


@pytest.mark.parametrize("content", [b'x = "\xe9"\n', b"# coding: nonesuch\nx = 1\n", b'# coding: ascii\nx = "\xe9"\n'])
def test_code_that_is_not_in_its_encoding_is_one_finding(quality: Talk, repository: Planted, content: bytes) -> None:
    (repository.folder / "a.py").write_bytes(content)
    result = quality.call("assess", path=str(repository.folder))
    assert about(result, "a.py") == (["encoding"], [])
    assert result["status"] == "fail"


@pytest.mark.parametrize("name", ["a.py", "a.js", "A.java"])
def test_a_merge_conflict_is_one_finding(quality: Talk, repository: Planted, name: str) -> None:
    repository.write(name, "x = 1\n<<<<<<< HEAD\nx = 2\n=======\nx = 3\n>>>>>>> other\n")
    repository.write("b.py", "y = 1\n")
    result = quality.call("assess", path=str(repository.folder))
    assert about(result, name) == (["merge-conflict"], [])
    [finding] = [one for one in result["findings"] if one["rule"] == "merge-conflict"]
    assert (finding["severity"], finding["line"], result["status"]) == ("high", 2, "fail")


def test_a_line_of_equal_signs_is_no_conflict(quality: Talk, repository: Planted) -> None:
    repository.write("a.py", '"""Title\n=======\n\n<<<<<<< and >>>>>>> are signs.\n"""\n')
    assert quality.call("assess", path=str(repository.folder))["findings"] == []


@pytest.mark.parametrize("language", OTHERS)
def test_other_languages_are_measured(quality: Talk, repository: Planted, language: str) -> None:
    name, content = OTHERS[language]
    repository.write(name, content)
    result = quality.call("assess", path=str(repository.folder))
    [other] = result["others"]
    assert (other["language"], other["functions"], other["complex_functions"]) == (language, 1, 1)
    assert about(result, name)[0] == ["complexity"]
    assert (result["status"], result["score"]) == ("inconclusive", None)
    assert f"(1 file of {language}): measured for complexity and size" in result["coverage"]["gaps"][0]


def test_notebooks_and_other_files_of_code_are_named_once(quality: Talk, repository: Planted) -> None:
    repository.write("a.py", "x = 1\n")
    repository.write("n.ipynb", '{"cells": []}')
    repository.write("s.sh", "echo\n")
    gaps = quality.call("assess", path=str(repository.folder))["coverage"]["gaps"]
    assert [gap.partition(" (left")[0] for gap in gaps] == [
        "(1 file of notebooks): not read here",
        "(1 file of shell): not read here",
    ]
