"""The bill of materials of a release: valid CycloneDX, and every locked package is in it, with its hashes."""

import json
import re
import runpy
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import aether_agents

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements" / "all.txt").read_text(encoding="utf-8")
bill = runpy.run_path(str(ROOT / ".ci" / "sbom"))["bill"]


def test_it_is_valid_and_names_every_locked_package() -> None:
    made = bill(aether_agents.__version__, LOCK)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(made)) is None
    locked = re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==", LOCK, re.MULTILINE)
    assert [one["name"] for one in made["components"]] == locked
    assert sum(len(one["hashes"]) for one in made["components"]) == LOCK.count("--hash=sha256:")
    assert all(one["hashes"] for one in made["components"])


def test_a_package_that_one_system_needs_says_where() -> None:
    lock = 'colorama==0.4.6 ; sys_platform == "win32" \\\n    --hash=sha256:' + "a" * 64
    [one] = bill("1.0.0", lock)["components"]
    assert (one["purl"], one["properties"]) == (
        "pkg:pypi/colorama@0.4.6",
        [{"name": "aether:only-where", "value": 'sys_platform == "win32"'}],
    )
