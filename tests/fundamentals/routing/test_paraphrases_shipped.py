"""Ways people ask for changed texts, documentation, certificates and hardening, and what only sounds like it: read
against every template that ships."""

import pytest

from aether_agents.planning.routing.matcher import Matcher
from aether_agents.settings.model import Settings
from aether_agents.specialists import load_specialists

TEMPLATES = [template for specialist in load_specialists(Settings()) for template in specialist.templates]

PARAPHRASES: dict[str, tuple[str, ...]] = {
    "update_text": (
        "Update this text across these repositories",
        "Replace the old address by the new one in these repositories",
        "Change this wording in every repo",
        "find and replace a string across several repositories",
        "replace a word everywhere in these repos",
        "Replace the old text by a new one in every repository",
        "Replace this text across ./api and ./web",
        "find and replace text in several repositories",
        "これらのリポジトリのテキストを置換してください",
        "全リポジトリの文字列を一括で更新して",
        "replace foo with bar in ./a and ./b",
        "rename OldName to NewName across these repositories",
        'change the text "old words" to "new words" in these repos',
        "これらのリポジトリの「foo」を「bar」に置換して",
    ),
    "write_documentation": (
        "Write the documentation of this repository",
        "Generate API docs for this project",
        "create the API documentation of this Python package",
        "build HTML documentation from the docstrings of this codebase",
        "make reference docs for this repo",
        "Please produce the documentation for ./shop",
        "write documentation for this project",
        "which functions in this repository have no docstring?",
        "find undocumented classes and functions in this project",
        "how well is this code documented?",
        "how much of this codebase is documented?",
        "document this repository",
        "generate the docs with pdoc",
        "このリポジトリのドキュメントを作成して",
        "このプロジェクトのAPIドキュメントを生成してください",
        "ドキュメントのない関数を調べて",
    ),
    "check_certificates": (
        "Check the certificates of these endpoints",
        "check the certificates and TLS versions of https://shop.example",
        "find expired or self-signed certificates on these endpoints",
        "Is the certificate of shop.example:443 trusted?",
        "Do these endpoints still speak TLS 1.0?",
        "audit the TLS security of our endpoints",
        "TLS security check of these hosts",
        "which of these endpoints have weak or untrusted certificates?",
        "check these endpoints for weak keys and old TLS versions",
        "are our certificates signed by a trusted authority?",
        "is the certificate chain of api.example:443 complete?",
        "これらのエンドポイントの証明書を検査して",
        "期限切れの証明書がないか調べて",
        "エンドポイントのTLSのセキュリティを確認して",
    ),
    "check_hardening": (
        "Check the hardening of this machine",
        "audit the hardening of this server",
        "How well is this machine hardened?",
        "is this server hardened?",
        "run lynis here",
        "run a lynis audit of this host",
        "host hardening check",
        "check how hardened this computer is",
        "how secure is this machine?",
        "security audit of this server",
        "このマシンの堅牢化を調べて",
        "サーバーのハードニングを確認してください",
        "このホストのセキュリティ設定を監査して",
    ),
}

NEAR_MISSES: dict[str, tuple[str, ...]] = {
    "update_text": (
        "Update the dependencies of these repositories",
        'replace "a" with "b" with "c" in ./a and ./b',
        "replace foo with bar with baz in ./a",
        "Send a text message to the team",
        "Update this machine",
        "Translate this text into Japanese",
        "Replace the failed disk",
        "Change the password of the database",
        "Push these repositories to a new remote",
        "Update the calendar",
        "rename the server",
        'replace "tea" with "coffee" in my order',
        'replace "John" by "Bob" in the contact list',
        "replace the manager with Bob in this project",
        "replace nginx with apache on this server",
        "rename utils.py to helpers.py in these repositories",
        "rename master to main in these repositories",
        "update python to rust in these repositories",
        "how do I replace foo with bar in ./a?",
        'delete "foo" and replace it with "bar" on the server',
        'swap "foo" for "bar" in ./a and ./b',
        "プロジェクトの担当を田中から鈴木に変更して",
        "このマシンを更新して",
    ),
    "write_documentation": (
        "docs",
        "API",
        "documentation",
        "ドキュメント",
        "Translate the documentation of this repository",
        "Publish the documentation of this project",
        "Update the documentation of this repository",
        "Delete the docs of this project",
        "write docstrings for all functions",
        "add docstrings to this project",
        "fix the documentation of this package",
        "document the endpoints of this API",
        "write documentation for the payroll process",
        "document the incident of last night",
        "what is a docstring?",
        "how do I write documentation?",
        "write a letter to the customer",
        "quality of the documentation in this project",
        "send the documentation to bob",
        "ドキュメントを翻訳して",
        "ドキュメントを削除して",
    ),
    "check_certificates": (
        "renew the certificates of these endpoints",
        "create a self-signed certificate",
        "revoke the expired certificates",
        "install the certificate on this server",
        "rotate the weak keys of these endpoints",
        "disable TLS 1.0 on these endpoints",
        "what is a self-signed certificate?",
        "how do I check a certificate?",
        "birth certificates of the employees",
        "delete the expired certificates",
        "trust this certificate",
        "sign this certificate",
        "証明書を更新して",
        "自己署名証明書を作成して",
    ),
    "check_hardening": (
        "harden this machine",
        "harden the server against attackers",
        "install lynis on this machine",
        "fix the hardening of this server",
        "what is hardening?",
        "how do I harden a server?",
        "disable ssh on this host",
        "configure the firewall of this machine",
        "hardening of concrete",
        "check the hardening of the kubernetes cluster",
        "attack this machine",
        "このマシンを堅牢化して再起動して",
        "ファイアウォールを設定して",
    ),
}


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(TEMPLATES)


@pytest.mark.parametrize("name", PARAPHRASES)
def test_every_paraphrase_finds_its_template(matcher: Matcher, name: str) -> None:
    found = {text: matcher.match(text) for text in PARAPHRASES[name]}
    assert {text: (match.verdict, match.reason) for text, match in found.items() if match.verdict != "accept"} == {}
    assert {match.accepted.name for match in found.values() if match.accepted} == {name}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_every_near_miss_is_asked_about_or_refused(matcher: Matcher, name: str) -> None:
    found = {text: matcher.match(text).accepted for text in NEAR_MISSES[name]}
    assert {text: template.name for text, template in found.items() if template} == {}


def test_each_template_has_ten_of_both_and_two_in_japanese() -> None:
    for texts in PARAPHRASES.values():
        assert len(texts) >= 10
        assert sum(not text.isascii() for text in texts) >= 2
    assert all(len(texts) >= 10 for texts in NEAR_MISSES.values())
