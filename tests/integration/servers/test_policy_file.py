"""The policy file: what is wrong with it is said with the line."""

from pathlib import Path

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from workers.security.servers.policy.policy_file import read_policy


def refusal(folder: Path, text: str) -> str:
    file = folder / "policy.yaml"
    file.write_text(text)
    with pytest.raises(ToolError) as caught:
        read_policy(str(file))
    return str(caught.value)


def test_every_fault_has_its_line(tmp_path: Path) -> None:
    text = "version: 1\nfiles:\n  requird: [README.md]\nscanners:\n  secrets: {worst: terrible}\n  dast: {worst: low}\n"
    said = refusal(tmp_path, text + 'patterns:\n  - {forbid: "("}\n')
    assert "policy.yaml:3: `files.requird` is not known here" in said
    assert "policy.yaml:5: `scanners.secrets.worst" in said
    assert "policy.yaml:6:" in said
    assert "policy.yaml:8: `patterns.0.forbid` is no regular expression" in said


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "`version` is missing"),
        ("[1]", "policy"),
        ("version: 1\n a: [", ":2: is not YAML"),
        ("version: 1\nname: &a x\nfiles: *a\n", "takes no YAML aliases"),
        ("version: 2\n", ":1: `version`"),
    ],
)
def test_what_is_no_policy_is_refused(tmp_path: Path, text: str, told: str) -> None:
    assert told in refusal(tmp_path, text)


def test_a_policy_that_is_not_there_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="give the path of a policy file"):
        read_policy(str(tmp_path / "policy.yaml"))


def test_rules_know_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("version: 1\nfiles:\n  required:\n    - A\n    - B\n")
    policy, lines = read_policy(str(file))
    assert policy.files.required == ("A", "B")
    assert [lines.of("files", "required", index) for index in range(2)] == [4, 5]
