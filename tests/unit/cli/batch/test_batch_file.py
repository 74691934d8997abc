"""The file of a batch: all faults at once with their lines; ids that follow from what is written."""

from pathlib import Path

import pytest

from aether_agents.cli.batch.batch_file import Batch, read_batch
from aether_agents.errors import InvalidSettings

ROOT = Path(__file__).parents[4]


def read(path: Path, text: str) -> Batch:
    file = path / "tasks.yaml"
    file.write_text(text)
    return read_batch(file, path, ["local", "prod"], ["dev", "security"])


def test_the_example_is_a_batch_that_shows_every_field() -> None:
    example = ROOT / "tasks.example.yaml"
    batch = read_batch(example, ROOT, ["local"], ["dev", "security"])
    assert [job.id for job in batch.jobs] == ["secrets", "quality", "onboard"]
    assert (batch.name, batch.parallel) == ("nightly", 2)
    secrets, quality, onboard = (job.task for job in batch.jobs)
    assert (secrets.priority, onboard.priority) == (3, 5)
    assert secrets.folder == str(ROOT)
    assert quality.type == "code_quality"
    assert batch.jobs[1].tolerated
    assert batch.jobs[2].needs == ("secrets", "quality")
    text = example.read_text()
    fields = "context priority timeout_seconds yes inputs specialist folder expect task template on_failure needs plan"
    assert [field for field in [*fields.split(), "name", "parallel", "defaults", "id"] if f"{field}:" not in text] == []


def test_every_fault_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings) as caught:
        read(
            tmp_path,
            """\
paralel: 3
tasks:
  - {id: one, task: look, needs: [tow]}
  - {id: two, task: look, priority: 12}
  - {id: two, task: again}
  - {id: a, task: look, needs: [b]}
  - {id: b, task: look, needs: [a]}
""",
        )
    told = str(caught.value).replace(f"{tmp_path}/", "")
    for fault in (
        "tasks.yaml:1: `paralel`: unknown key; did you mean `parallel`?",
        "tasks.yaml:3: `tasks.0.needs.0`: there is no entry `tow`; did you mean `two`?",
        "tasks.yaml:4: `tasks.1.priority`: ",
        "tasks.yaml:5: `tasks.2.id`: `two` is the id of an entry above",
        "entries need each other: a -> b -> a",
    ):
        assert fault in told or fault.replace("a -> b -> a", "b -> a -> b") in told, told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tasks: look", "`tasks`: Input should be a valid list (it is 'look')"),
        ("tasks:", "`tasks`: Input should be a valid list (it is None)"),
        ("tasks: {a: b}", "`tasks`: Input should be a valid list"),
        ("tasks: []", "`tasks`: List should have at least 1 entry, not 0"),
        ("tasks: [look]", "`tasks.0`: Input should be a valid dictionary (it is 'look')"),
        ("tasks: [{id: a, task: look, needs: b}]", "`tasks.0.needs`: Input should be a valid list (it is 'b')"),
        ("defaults: 5\ntasks: [{id: a, task: look}]", "`defaults`: Input should be a valid dictionary (it is 5)"),
        ("just words", "Input should be a valid dictionary (it is 'just words')"),
        ("", "`tasks`: Field required"),
    ],
)
def test_a_fault_speaks_of_what_stands_in_the_file(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        read(tmp_path, text)
    told = str(caught.value)
    assert says in told
    for word in ("tuple", "Tuple", "instance of", "Usual", "Entry", "BatchFile", "after validation"):
        assert word not in told


def test_entries_without_an_id_are_told_so_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings) as caught:
        read(tmp_path, "tasks: [{task: look}, {task: look}]")
    told = str(caught.value)
    assert (told.count("Field required"), "entry above" in told) == (2, False)


def test_what_is_named_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("name: p\ndescription: p\nsubtasks:\n  - {id: x, tol: a/b}\n")
    text = """\
defaults: {context: prd}
tasks:
  - {id: one, task: look, specialist: securty}
  - {id: two}
  - {id: three, plan: plan.yaml}
"""
    with pytest.raises(InvalidSettings) as caught:
        read(tmp_path, text)
    told = str(caught.value)
    assert "tasks.yaml:1: `defaults.context`: there is no context `prd`; did you mean `prod`?" in told
    assert "tasks.yaml:3: `tasks.0.specialist`: there is no specialist `securty`; did you mean `security`?" in told
    assert "tasks.yaml:4: `tasks.1`: `two` needs either `task` (a sentence) or `plan` (a file)" in told
    assert "plan.yaml:4:" in told


def test_an_entry_keeps_its_key_until_it_or_what_it_needs_changes(tmp_path: Path) -> None:
    text = "tasks:\n  - {id: a, task: look}\n  - {id: b, task: look too, needs: [a]}\n  - {id: c, task: look}\n"
    before = {job.id: job.key for job in read(tmp_path, text).jobs}
    again = {job.id: job.key for job in read(tmp_path, "# a comment\n" + text).jobs}
    assert again == before
    assert len(set(before.values())) == 3
    after = {job.id: job.key for job in read(tmp_path, text.replace("a, task: look", "a, task: look well")).jobs}
    assert [name for name in after if after[name] != before[name]] == ["a", "b"]
