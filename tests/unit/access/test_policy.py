"""One decision before every call."""

from pathlib import Path

import pytest

from aether_agents.access import policy
from aether_agents.access.policy import Allowed, Decision, Denied, NeedsApproval, allowed_folders
from aether_agents.contracts import Annotations, PlannedSubtask, Risk, Tool, ToolRow, Verb
from aether_agents.settings.model import BrokerSettings, Settings
from aether_agents.settings.policy import PolicySettings

REMOTE = BrokerSettings(url="redis://broker:6379/0")


def tool(risk: Risk = Risk.READ, **row) -> Tool:
    ref = "git/run"
    return Tool(server="git", name="run", specialist="dev", pin="sha256:1", row=ToolRow(tool=ref, risk=risk, **row))


def subtask(**more) -> PlannedSubtask:
    return PlannedSubtask(id="a", tool="git/run", **{"specialist": "dev", "risk": Risk.READ, **more})


def decide(*args, **options) -> Decision:
    """A decision without the rule that it names."""
    return policy.decide(*args, **options)._replace(rule="")


def test_what_only_looks_is_allowed():
    assert decide(tool(), {}, subtask(), Settings()) == Allowed(Risk.READ)


@pytest.mark.parametrize(
    ("risk", "approval", "asks"),
    [
        (Risk.WRITE, "auto", False),
        (Risk.COSTLY, "auto", True),
        (Risk.DESTRUCTIVE, "auto", True),
        (Risk.READ, "required", True),
        (Risk.COSTLY, "never", False),
        (Risk.DESTRUCTIVE, "never", True),  # `never` does not reach what cannot be put back
    ],
)
def test_risk_and_approval_decide_whether_a_person_is_asked(risk: Risk, approval: str, asks: bool):
    decision = decide(tool(risk), {}, subtask(approval=approval), Settings())
    assert isinstance(decision, NeedsApproval if asks else Allowed)


def test_a_yes_to_this_run_is_enough():
    assert decide(tool(Risk.DESTRUCTIVE), {}, subtask(), Settings(), answered=True) == Allowed(Risk.DESTRUCTIVE)


@pytest.mark.parametrize(("risk", "kind"), [(Risk.COSTLY, Allowed), (Risk.DESTRUCTIVE, NeedsApproval)])
def test_a_yes_ahead_reaches_as_far_as_it_was_given(risk: Risk, kind: type):
    assert isinstance(decide(tool(risk), {}, subtask(approved_up_to=Risk.COSTLY), Settings()), kind)


def test_the_risk_is_that_of_the_verb_as_it_is_now():
    verb = Verb(argument="action", risks={"list": Risk.READ, "apply": Risk.COSTLY})
    known = tool(Risk.DESTRUCTIVE, verb=verb)
    assert decide(known, {"action": "list"}, subtask(), Settings()) == Allowed(Risk.READ)
    assert decide(known, {"action": "apply"}, subtask(), Settings()).risk is Risk.COSTLY
    assert decide(known, {"action": "other"}, subtask(), Settings()).risk is Risk.DESTRUCTIVE


def test_a_servers_claim_raises_the_risk_and_never_lowers_it():
    worse = tool().model_copy(update={"annotations": Annotations(destructive=True)})
    assert decide(worse, {}, subtask(), Settings()).risk is Risk.DESTRUCTIVE
    better = tool(Risk.COSTLY).model_copy(update={"annotations": Annotations(read_only=True)})
    assert decide(better, {}, subtask(), Settings()).risk is Risk.COSTLY


def test_another_specialists_tool_is_denied_whoever_says_yes():
    decision = decide(tool(), {}, subtask(specialist="security"), Settings(), answered=True)
    assert decision == Denied("`git/run` belongs to dev, not to security")


def test_a_denied_pattern_is_denied_whoever_says_yes():
    settings = Settings(policy=PolicySettings(deny=("git/*",)))
    decision = decide(tool(), {}, subtask(), settings, answered=True)
    assert decision == Denied("`git/run` is never called here: `policy.deny` has `git/*`")


class TestPaths:
    """Arguments that are paths are confined to the allowed folders, after links are followed."""

    @pytest.fixture
    def confined(self, tmp_path: Path) -> Settings:
        (tmp_path / "in").mkdir()
        (tmp_path / "out").mkdir()
        return Settings(broker=REMOTE, roots=(tmp_path / "in",), home=tmp_path / "home")

    def decided(self, settings: Settings, path: object):
        return decide(tool(path_args=("path",)), {"path": path}, subtask(), settings)

    def test_inside_is_allowed(self, confined: Settings, tmp_path: Path):
        assert isinstance(self.decided(confined, str(tmp_path / "in" / "new" / "file")), Allowed)

    def test_our_reports_are_inside(self, confined: Settings, tmp_path: Path):
        assert isinstance(self.decided(confined, str(tmp_path / "home" / "reports" / "t1")), Allowed)

    @pytest.mark.parametrize(
        "path", ["{0}/out", "{0}/in/../out", "{0}/inside", "/etc/passwd", "relative", "~/x", "a\0b"]
    )
    def test_outside_is_denied(self, confined: Settings, tmp_path: Path, path: str):
        assert isinstance(self.decided(confined, path.format(tmp_path)), Denied)

    def test_a_link_that_leads_outside_is_denied(self, confined: Settings, tmp_path: Path):
        (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
        decision = self.decided(confined, str(tmp_path / "in" / "link" / "file"))
        assert "outside the allowed folders" in decision.reason

    def test_every_path_of_a_list_is_looked_at(self, confined: Settings, tmp_path: Path):
        assert isinstance(self.decided(confined, [str(tmp_path / "in"), {"x": str(tmp_path / "out")}]), Denied)

    def test_a_remote_broker_without_roots_allows_no_folder(self, tmp_path: Path):
        decision = self.decided(Settings(broker=REMOTE, home=tmp_path), "/srv")
        assert "`roots`: none is set" in decision.reason

    @pytest.mark.parametrize("url", [None, "unix:///run/valkey.sock"])
    def test_an_embedded_stack_without_roots_is_the_users_own(self, url: str | None):
        own = Settings(broker=BrokerSettings(url=url))
        assert allowed_folders(own) is None
        assert isinstance(self.decided(own, "/etc/hosts"), Allowed)

    def test_roots_confine_an_embedded_stack_too(self, tmp_path: Path):
        assert isinstance(self.decided(Settings(roots=(tmp_path,)), "/etc/hosts"), Denied)


@pytest.mark.parametrize(
    ("risk", "more", "kind"),
    [
        (Risk.READ, {}, Allowed),
        (Risk.WRITE, {}, NeedsApproval),
        (Risk.WRITE, {"approved_up_to": Risk.DESTRUCTIVE}, NeedsApproval),
        (Risk.DESTRUCTIVE, {"approval": "never"}, NeedsApproval),
    ],
)
def test_what_nobody_has_looked_at_asks_before_it_does_more_than_read(
    risk: Risk, more: dict[str, object], kind: type
) -> None:
    """Whatever was said ahead: nobody has seen yet what it is. A yes to the very call counts, of course."""
    decision = decide(tool(risk), {}, subtask(**more), Settings(), unseen=True)
    assert isinstance(decision, kind)
    assert not isinstance(decision, NeedsApproval) or "aether-agent servers lock" in decision.reason
    assert decide(tool(risk), {}, subtask(**more), Settings(), unseen=True, answered=True) == Allowed(risk)
