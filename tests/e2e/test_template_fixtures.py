"""Every template that ships is tried on the fixture that ships with it: the planted faults are found, and undone."""

from pathlib import Path

import pytest
import yaml

from aether_agents.settings.model import Settings
from aether_agents.specialists import load_specialists
from tests.conftest import eventually
from tests.e2e.terminal import Person
from tests.integration.workers.answering import Authority, web

pytestmark = pytest.mark.timeout(300)

#: Tried in this suite: those whose servers need nothing from elsewhere, and no lynis (its run is tried in test_policy).
HERE = {"security_audit", "compliance_check", "code_quality", "update_text", "health_report", "watch_endpoints"}
HERE |= {"write_documentation", "check_certificates"}
HERE |= {"restore_backup", "prove_backup", "report_on_backups", "clean_up_backups"}
HERE |= {"inspect_databases", "compare_schemas", "change_schema"}
HERE |= {"back_up_postgresql_or_mysql", "restore_postgresql_or_mysql", "migrate_mysql_to_postgresql"}
HERE |= {"migrate_sqlite_to_server", "load_into_server", "grant_database_access", "revoke_database_access"}


@pytest.mark.parametrize("name", sorted(HERE & {t.name for s in load_specialists(Settings()) for t in s.templates}))
def test_a_template_finds_what_was_planted_and_is_undone(person: Person, name: str) -> None:
    told = person.json("templates", "test", name)
    assert told["status"] in ("completed", "failed")
    assert [row for row in told["found"] if not row["met"]] == []
    done = {row["what"] for row in told["found"]}
    undone, drifts = read(name)
    assert "everything is as before" in done or not undone
    assert {"drift is refused by name", "after drift nothing is touched"} <= done or not drifts


def read(name: str) -> tuple[bool, bool]:
    """Whether a fixture is undone, and whether it has a drift."""
    (place,) = [one for s in load_specialists(Settings()) if (one := Path(s.folder) / "templates" / name).is_dir()]
    told = yaml.safe_load((place / "fixture.yaml").read_text())
    return bool(told.get("undo")), bool(told.get("drift"))


def test_onboarding_a_project_finds_what_was_planted_with_all_four_specialists(person: Person) -> None:
    assert person.run("servers", "install", "git").returncode == 0
    # A worker that looked before looks again within half a minute.
    eventually(
        lambda: "live" in {s["status"] for s in person.json("servers", "list") if s["name"] == "git"}, 60, pause=1
    )
    told = person.json("templates", "test", "onboard_project")
    assert [row for row in told["found"] if not row["met"]] == []
    ran = person.json("result", told["task_id"])
    assert {subtask["specialist"] for subtask in ran["subtasks"]} == {"data", "dev", "infra", "security"}
    assert (ran["plan"]["delivery"], ran["degraded"]) == ("canvas", False)


def test_what_a_template_does_is_told_before_it_runs(person: Person) -> None:
    shown = person.run("templates", "show", "code_quality")
    assert "reads     each of <paths>, <baseline>  quality/assess" in shown.stdout
    assert "creates   the task's report folder  reports/write  undone by reports/remove" in shown.stdout
    [first, *_] = person.json("templates", "show", "code_quality")["effects"]
    assert (first["does"], first["risk"], first["asks"]) == ("reads", "read", False)


def test_an_expired_certificate_is_found_by_asking(person: Person, tmp_path: Path) -> None:
    with web(Authority(tmp_path).issue("127.0.0.1", ends=-3)) as port:
        told = person.json("execute", f"check the certificates and TLS versions of 127.0.0.1:{port}")
    assert told["plan"]["template"] == "check_certificates"
    assert (told["outputs"]["status"], told["outputs"]["worst"]) == ("fail", "critical")
    assert "The certificate has expired" in Path(told["outputs"]["markdown"]).read_text()
