"""Templates gathered from specialists, settings and the caller's folder."""

from pathlib import Path

import pytest

from aether_agents.contracts import Specialist
from aether_agents.errors import InvalidSettings
from aether_agents.planning.files.templates import gather, read_template
from aether_agents.settings.model import Settings
from tests.unit.planning.toolshed import template

DEV = Specialist(name="dev", description="d", templates=(template("build", specialist="dev"),))
#: The plan language as it is published.
PUBLISHED = """\
name: scan_repositories
description: Scan repositories for secrets and unsafe code, and write a report
specialist: security
examples: ["security audit of all repos", "look for leaked credentials", "リポジトリのセキュリティ監査"]
required_tools: [git, secrets]
inputs:
  paths: {type: array, items: {type: string, format: path}, required: true, prompt: "Which repositories?"}
subtasks:
  - id: history
    tool: git/git_log
    for_each: ${inputs.paths}
    max_parallel: 4
    args: {repo_path: "${item}", max_count: 50}
    retry: {max_attempts: 3, delay: 1, backoff: 2, on: [timeout, transport]}
    timeout: 60
  - id: secrets
    tool: secrets/scan
    for_each: ${inputs.paths}
    args: {path: "${item}"}
  - id: report
    tool: reports/write
    args: {title: "Repository audit", sections: ["${subtasks.secrets.output}", "${subtasks.history.output}"]}
outputs: {report: "${subtasks.report.output.path}"}
"""
GOOD = "name: local_one\ndescription: Does it\nsubtasks:\n  - {id: a, tool: s/t}\n"


def settings(**domains: object) -> Settings:
    return Settings.model_validate({"task_templates": domains})


def trust(_path: Path, _content: bytes) -> bool:
    return True


def test_the_shape_of_the_platforms_configuration_gives_stubs_with_owners() -> None:
    found = gather(
        [DEV],
        settings(
            infrastructure=[{"name": "deploy_monitoring", "description": "Deploy", "required_tools": ["prometheus"]}],
            development=[{"name": "setup_ci_cd", "description": "Set up"}],
            compliance=[{"name": "audit_soc2", "description": "Audit"}],
            data=[{"name": "etl", "description": "Load"}],
        ),
    )
    owners = {one.name: one.specialist for one in found}
    assert owners == {
        "build": "dev",
        "deploy_monitoring": "infra",
        "setup_ci_cd": "dev",
        "audit_soc2": "security",
        "etl": "data",
    }
    stub = found.named("deploy_monitoring")
    assert stub is not None
    assert stub.is_stub
    assert found.sources["deploy_monitoring"] == "settings, task_templates.infrastructure"
    assert found.faults == ()


def test_a_name_taken_twice_keeps_the_first_and_names_both_places() -> None:
    found = gather([DEV], settings(development=[{"name": "build", "description": "other"}]))
    assert [one.description for one in found] == ["What build does"]
    assert found.faults == (
        "settings, task_templates.development: a template `build` is already there (specialist dev): rename it",
    )


def test_a_stub_gives_way_to_a_template_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "one.yaml").write_text(GOOD)
    stubs = settings(
        development=[{"name": "local_one", "description": "A stub"}, {"name": "build", "description": "x"}]
    )
    found = gather([DEV], stubs, tmp_path, trust)
    whole = found.named("local_one")
    assert whole is not None
    assert not whole.is_stub
    assert found.sources["local_one"].endswith("one.yaml")
    again = gather([DEV], stubs)
    assert len(again.faults) == 1  # `build` of the specialist is whole: a stub does not take its name


def test_an_unknown_domain_is_named() -> None:
    found = gather([], settings(infrastrcture=[{"name": "x", "description": "y"}]))
    assert "did you mean `infrastructure`?" in found.faults[0]
    assert found.known == ()


def test_files_of_the_folder_are_inert_until_they_are_trusted(tmp_path: Path) -> None:
    path = tmp_path / "templates" / "one.yaml"
    path.parent.mkdir()
    path.write_text(GOOD)
    assert gather([], Settings(), tmp_path).inert == (path,)
    trusted = gather([], Settings(), tmp_path, trust)
    assert [one.name for one in trusted] == ["local_one"]
    assert trusted.sources == {"local_one": str(path)}
    judged: list[bytes] = []
    gather([], Settings(), tmp_path, lambda _path, content: bool(judged.append(content)))
    assert judged == [GOOD.encode()]


def test_wrong_files_are_named_and_the_others_are_used(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "a.yaml").write_text(GOOD)
    (folder / "b.yaml").write_text("name: [")
    (folder / "c.yaml").write_bytes(b"\xff\xfe")
    (folder / "d.txt").write_text("not looked at")
    (folder / "e.yaml").write_text("x: " + "y" * 1_100_000)
    (folder / "f.yaml").symlink_to(tmp_path / "gone")
    found = gather([], Settings(), tmp_path, trust)
    assert [one.name for one in found] == ["local_one"]
    assert len(found.faults) == 3
    assert any("b.yaml:" in fault and "not valid YAML" in fault for fault in found.faults)


def test_every_fault_of_a_file_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        "name: t\n"
        "description: d\n"
        "subtasks:\n"
        "  - id: scan\n"
        "    tool: s/scan\n"
        "  - id: report\n"
        "    tool: s/report\n"
        "    needs: [scna]\n"
        "    args:\n"
        "      x: ${inputs.gone}\n"
    )
    with pytest.raises(InvalidSettings) as error:
        read_template(path)
    assert str(error.value).splitlines() == [
        f"{path}:8: `subtasks.1.needs`: `report` needs `scna`, which is not in the plan; did you mean `scan`?",
        f"{path}:9: `subtasks.1.args`: `report`: `${{inputs.gone}}` names an input that is not declared",
    ]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("name: t\ndescription: d\nsubtaks: []\n", 3, "did you mean `subtasks`?"),
        ("name: t\ndescription: d\nsubtasks:\n  - id: a\n    toll: s/t\n", 5, "did you mean `tool`?"),
        ("name: t\ndescription: d\nsubtasks:\n  - id: A b\n    tool: s/t\n", 4, "subtasks.0.id"),
        ("name: t\ndescription: d\nsubtasks:\n  - id: a\n    tool: nothing\n", 5, "subtasks.0.tool"),
        ("name: t\ndescription: d\ninputs:\n  p: {type: strnig}\n", 4, "inputs.p.type"),
    ],
)
def test_a_wrong_shape_is_named_with_line_and_nearest_name(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(text)
    with pytest.raises(InvalidSettings) as error:
        read_template(path)
    assert str(error.value).startswith(f"{path}:{line}: ")
    assert says in str(error.value)


def test_the_published_sample_of_the_plan_language_is_read_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "scan.yaml"
    path.write_text(PUBLISHED, encoding="utf-8")
    read = read_template(path)
    assert read.subtasks[0].retry.on == ("timeout", "transport")
    assert read.subtasks[1].for_each == "${inputs.paths}"
    assert read.inputs["paths"].prompt == "Which repositories?"
    assert "リポジトリのセキュリティ監査" in read.examples
