"""Names and sentences use the words of the field: what once stood for them, and what to write in their place."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Parts of names, and the word of the field for each.
PARTS = {
    "desk": "service",
    "discreet": "span_filter",
    "door": "orchestrator",
    "episode": "outage",
    "errand": "submission",
    "hands": "threads, tool_host",
    "hub": "fanout",
    "lifeline": "orders, guard",
    "mend": "fix",
    "mended": "repaired",
    "patience": "timeout, retry",
    "pump": "heartbeat",
    "safekeeping": "durability",
    "strike": "redact",
    "struck": "redacted",
}
#: Whole names that say nothing of what they hold.
NAMES = {"_held": "leases", "_beside": "side_threads", "_room": "occupancy"}
#: Names that users know, and stay: a key of the configuration.
PUBLIC = {("aether_agents/settings/model.py", "pump")}

#: What prose says in place of a riddle.
PROSE = {
    r"\b(?:what|whatever|everything)\b(?: [\w`'{}.]+){1,8} (?:came|comes?) to(?=\W?$|[.,:;)]| in | together)": "result",
    r"\bstr(?:ike|ikes|uck|iking)(?: \w+){0,2} out\b": "redact",
    r"\b(?:a|the|its|each|no|and|or|:) mends?\b": "fix",
    r"\bmend(?:ed|ing)?\b(?= (?:it|them|that|the|by|in)\b)": "fix",
    r"\b(?:the|The|a) (?:desk|errand|lifeline|patience|pump|blueprint)\b": "the thing's own name",
    r"\b(?:the|one|The|a|every|each) doors?\b(?! to the world)": "orchestrator, interface",
    r"\b(?:an|An|this|the|one|further) episodes?\b": "outage",
    r"\b(?:its|their) hands\b": "threads",
    r"\blies about\b(?! errors| success)": "there is",
}
#: Where such a word is said by people, or is told of: sentences to be understood, and what was released.
SAID = (
    "CHANGELOG.md",
    "tests/house/test_words.py",
    "tests/evaluation/",
    "tests/fundamentals/routing/",
    "requirements/",
)


def texts(*endings: str) -> Iterator[tuple[str, str]]:
    """Every file that git knows with one of these endings, by name."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in listed.split("\0"):
        if name.endswith(endings) and not name.startswith(SAID) and (ROOT / name).is_file():
            yield name, (ROOT / name).read_text(encoding="utf-8")


def made(tree: ast.AST) -> Iterator[str]:
    """Every name that a module makes: functions, classes, parameters, variables, attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def test_names_are_words_of_the_field() -> None:
    found = set()
    for file, text in texts(".py", ".pyi"):
        for name in {*made(ast.parse(text)), Path(file).stem}:
            parts = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower().split("_")
            word = NAMES.get(name) or next((PARTS[part] for part in parts if part in PARTS), None)
            if word and (file, name) not in PUBLIC:
                found.add(f"{file}: {name}: say {word}")
    assert sorted(found) == []


def test_sentences_are_plain() -> None:
    found = []
    for file, text in texts(".py", ".pyi", ".lua", ".md", ".js", ".html", "Makefile"):
        for number, line in enumerate(text.splitlines(), 1):
            found += [
                f"{file}:{number}: say {word}: {line.strip()}"
                for riddle, word in PROSE.items()
                if re.search(riddle, line)
            ]
    assert found == []
