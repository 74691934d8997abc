"""Every sentence that README or the manual tells a reader to type means the template that it is shown for."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from aether_agents.contracts import HighLevelTask
from aether_agents.planning.composition.template_choice import Choice, choose
from aether_agents.planning.routing.matcher import Matcher
from aether_agents.planning.sentence.recurrence import read_recurrence
from aether_agents.settings.model import Settings
from aether_agents.specialists import load_specialists
from tests.evaluation.sentences import NOW

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "deploy").glob("*.md"))]
KNOWN = {one.name: one for specialist in load_specialists(Settings()) for one in specialist.templates}
#: What stands for any sentence, or belongs to a template that the page itself writes.
PLACEHOLDERS = {"…", "a sentence", "the sentence"}
OWN = {"how-to/specialist.md", "how-to/template.md"}

#: The templates that a page is about.
ABOUT = {
    "backups.md": """back_up_database restore_backup prove_backup report_on_backups clean_up_backups back_up_folder
        restore_folder back_up_postgresql_or_mysql restore_postgresql_or_mysql
        clean_up_snapshots report_on_snapshots""",
    "databases.md": "inspect_databases compare_schemas change_schema grant_database_access revoke_database_access",
    "migrate.md": "migrate_mysql_to_postgresql migrate_sqlite_to_server load_into_server",
    "schedule.md": "back_up_database",
    "servers-over-ssh.md": """apply_playbook deploy_staged check_drift check_servers_answer install_package_on_servers
        set_user_on_servers set_service_on_servers write_file_on_servers""",
    "terraform.md": "apply_terraform check_terraform_drift destroy_terraform",
}


class Shown(NamedTuple):
    """A sentence on a page."""

    page: str
    say: str


def shown(page: Path) -> Iterator[Shown]:
    """What a page tells to type: in commands, in the first column of a table for that, in italics, in Japanese."""
    text, name = page.read_text(encoding="utf-8"), page.name
    found = re.findall(r'aether-agent (?:execute|plan|explain) "([^"]+)"', text)
    found += [read_recurrence(say).task for say in re.findall(r'aether-agent schedule add "([^"]+)"', text)]
    found += re.findall(r"「([^」]+)」", text)
    if name == "specialists.md":
        found += re.findall(r"\*([A-Z][^*\n]+)\*", text)
    typed = False
    for line in text.splitlines():
        typed = line.startswith("|") and (typed or bool(re.match(r"\| *(you type|typed) *\|", line)))
        if typed:
            cell = re.sub(r"\(.*?\)", "", line.split("|")[1])
            found += [say for say in re.findall(r"`([^`]+)`", cell) if not say.startswith("--")]
    yield from (Shown(name, say) for say in dict.fromkeys(found) if say not in PLACEHOLDERS)


SHOWN = [one for page in PAGES if str(page.relative_to(ROOT)).removeprefix("docs/") not in OWN for one in shown(page)]


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(list(KNOWN.values()))


@pytest.mark.parametrize("one", SHOWN, ids=str)
def test_a_sentence_that_is_shown_means_what_it_is_shown_for(one: Shown, matcher: Matcher, tmp_path: Path) -> None:
    task = HighLevelTask(description=one.say, folder=str(tmp_path), created_at=NOW)
    made = choose(task, KNOWN, lambda: matcher)
    assert isinstance(made, Choice), made
    meant = {step.template.name for step in made.steps}
    assert meant <= set(ABOUT.get(one.page, " ".join(KNOWN)).split())
