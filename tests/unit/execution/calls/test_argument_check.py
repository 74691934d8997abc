"""References become values; values are checked against the live schema."""

import pytest

from aether_agents.access.secrets import Secrets
from aether_agents.contracts import Condition, Expect, Outcome, PlannedSubtask, Risk, Verify
from aether_agents.errors import InvalidPlan, ReferenceMissing, SecretMissing
from aether_agents.execution.calls.argument_check import applies, faults
from aether_agents.execution.calls.references import needed, resolve
from aether_agents.settings.model import Settings

DONE = Outcome(status="completed", output={"items": [{"name": "x"}], "count": 2})
OUTCOMES = {"scan": DONE, "gone": Outcome(status="skipped")}


def test_a_reference_takes_the_json_type_of_the_result():
    assert resolve({"n": "${subtasks.scan.output.count}", "s": "n=${subtasks.scan.output.count}"}, OUTCOMES) == {
        "n": 2,
        "s": "n=2",
    }


def test_a_result_that_looks_like_a_reference_is_not_followed():
    tricky = {"scan": Outcome(status="completed", output="${secrets.token}")}
    assert resolve("${subtasks.scan.output}", tricky) == "${secrets.token}"


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("${subtasks.scan.output.items[4].name}", "so there is no `4` in it"),
        ("${subtasks.gone.output.name}", "`gone` has no output, it is skipped"),
        ("${subtasks.later.output}", "has no outcome yet; is it among the `needs`?"),
    ],
)
def test_a_reference_that_leads_nowhere_says_where_it_stopped(expression: str, said: str):
    with pytest.raises(ReferenceMissing, match=said):
        resolve(expression, OUTCOMES)


def test_the_whole_output_of_what_was_skipped_is_null():
    assert resolve("${subtasks.gone.output}", OUTCOMES) is None


@pytest.mark.parametrize("expression", ["${inputs.x}", "${item}", "${context.folder}", "${secrets.token}"])
def test_what_has_no_value_at_this_point_is_a_fault(expression: str):
    with pytest.raises(InvalidPlan, match="has no value here"):
        resolve(expression, OUTCOMES)


def test_a_secret_is_read_where_secrets_are_allowed():
    with pytest.raises(SecretMissing):
        resolve("${secrets.token}", OUTCOMES, Secrets(Settings(), "local").read)


def test_every_result_that_a_subtask_refers_to_is_needed():
    subtask = PlannedSubtask(
        id="z",
        tool="a/b",
        specialist="dev",
        risk=Risk.READ,
        args={"x": ["${subtasks.one.output}"]},
        if_=Condition(ref="${subtasks.two.output.ok}"),
        for_each="${subtasks.three.output}",
        verify=Verify(tool="a/c", args={"y": "${subtasks.four.output} ${subtasks.z.output}"}, expect=Expect(path="")),
    )
    assert set(needed(subtask)) == {"one", "two", "three", "four"}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Condition(ref="${subtasks.scan.output.count}", op="gt", value=1), True),
        (Condition(ref="${subtasks.scan.output.count}", op="gt", value=2), False),
        (Condition(ref="${subtasks.scan.output.none}", op="exists", value=False), True),
        (Condition(ref="${subtasks.gone.output.x}", op="eq", value=1), False),
    ],
)
def test_a_condition_is_decided_from_results_also_from_missing_ones(condition: Condition, holds: bool):
    assert applies(condition, OUTCOMES) is holds


SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "s": {"type": "string"}},
    "required": ["n"],
    "additionalProperties": False,
}


def test_arguments_that_fit_have_no_faults():
    assert faults({"n": 1, "s": "x"}, SCHEMA) == []


def test_all_faults_are_named_at_once_and_kept_short():
    found = faults({"s": 5, "t": "y" * 1000}, SCHEMA)
    assert len(found) == 3
    assert any("`s`" in fault and "not of type" in fault for fault in found)
    assert all(len(fault) < 300 for fault in found)


def test_more_faults_than_can_be_shown_are_counted():
    found = faults({"n": 1, **{f"x{at}": 1 for at in range(3)}, "s": 1}, {**SCHEMA, "maxProperties": 1})
    assert 1 <= len(found) <= 6
    many = faults({f"p{at}": "x" for at in range(9)}, {"additionalProperties": {"type": "integer"}})
    assert many[-1] == "and 4 more"


def test_a_schema_that_is_none_is_left_to_the_server():
    assert faults({}, {"type": 5}) == []


def test_a_schema_that_refers_elsewhere_makes_nobody_fetch_anything():
    schema = {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/schema.json"}}}
    assert faults({"a": 1}, schema) == []


def test_a_secret_in_a_complaint_is_redacted_before_it_is_cut():
    secret = "-----BEGIN KEY-----" + "x" * 400
    (fault,) = faults({"k": secret}, {"properties": {"k": {"maxLength": 3}}}, lambda text: text.replace(secret, "•••"))
    assert "•••" in fault
    assert "xxxx" not in fault
