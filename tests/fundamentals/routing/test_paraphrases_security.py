"""How people ask for a compliance check, and what only sounds like it."""

import pytest

from tests.fundamentals.routing.test_paraphrases import ALONE, WITH_STUBS

PARAPHRASES = (
    "Compliance check of this repository against a policy file",
    "check this repo for compliance with our policy",
    "does this repository comply with the policy?",
    "verify this project against policy.yaml",
    "run a compliance check on this codebase",
    "Is this project compliant with our policy?",
    "policy compliance check for this repository",
    "find policy violations in this project",
    "check whether this repository follows the policy",
    "please check the compliance of this repo",
    "このリポジトリのコンプライアンスチェック",
    "このプロジェクトがポリシーに準拠しているか調べて",
    "リポジトリのポリシー違反を確認して",
)

NEAR_MISSES = (
    "write a compliance policy for this repository",
    "delete the policy file",
    "make this repository compliant",
    "fix the policy violations in this repository",
    "what is a compliance check?",
    "compliance training for the team",
    "change the password policy",
    "check the refund policy of this shop",
    "attach an IAM policy to the bucket",
    "ポリシーを作成して",
    "ポリシー違反を修正して",
    "compliance check of the payroll database",
)


def test_every_paraphrase_finds_the_compliance_check() -> None:
    for matcher in (ALONE, WITH_STUBS):
        found = {text: matcher.match(text) for text in PARAPHRASES}
        wrong = {
            text: (m.reason, [c.template.name for c in m.ranked[:2]]) for text, m in found.items() if not m.accepted
        }
        assert wrong == {}
        assert {match.accepted.name for match in found.values() if match.accepted} == {"compliance_check"}


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_every_near_miss_is_asked_about_or_refused(text: str) -> None:
    assert ALONE.match(text).accepted is None
