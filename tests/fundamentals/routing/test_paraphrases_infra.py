"""Ways people ask for the infra specialist's templates, and requests that only sound like them."""

from pathlib import Path

import pytest

import workers
from aether_agents.planning.files.templates import read_template
from aether_agents.planning.routing.matcher import Matcher

PARAPHRASES: dict[str, tuple[str, ...]] = {
    "health_report": (
        "Health report of this machine",
        "give me a health report of this server",
        "Is this machine healthy?",
        "check the health of this host",
        "How full are the disks on this server?",
        "how much memory is free on this machine?",
        "which processes use the most CPU on this box?",
        "what ports are listening on this machine?",
        "check load, memory and disk usage of this computer",
        "are any systemd services failed on this host?",
        "is the disk full?",
        "how loaded is this server?",
        "server health check please",
        "look at cpu and ram of this machine",
        "このマシンのヘルスレポートを作成して",
        "サーバーのディスク容量とメモリを確認して",
        "このサーバーの負荷を調べて",
        "ホストの健全性を確認したい",
    ),
    "watch_endpoints": (
        "Watch these endpoints",
        "watch https://shop.example/health and tcp://db.example:5432",
        "check whether https://example.com/ is up",
        "are these URLs reachable?",
        "is our website up?",
        "which TLS certificates expire soon?",
        "when does the certificate of https://example.com expire?",
        "check the endpoints db.internal:5432 and https://api.internal/ready",
        "how fast do these endpoints answer?",
        "check the SSL certificates of our sites",
        "check the availability of these URLs",
        "do these endpoints respond?",
        "これらのエンドポイントを監視して",
        "このサイトの証明書の有効期限を調べて",
        "ウェブサイトの死活を確認して",
    ),
}

NEAR_MISSES = (
    "reboot this machine",
    "delete old log files to free the disk",
    "free up disk space on this server",
    "restart nginx on this server",
    "kill the process that uses the most memory",
    "shut down this host",
    "add more memory to this machine",
    "resize the disk of this server",
    "open port 8080 on this machine",
    "close the listening ports",
    "install monitoring on this machine",
    "stop the failed services",
    "update the operating system of this machine",
    "clean the disk",
    "move this server to another datacenter",
    "what is a health check?",
    "how do I check the health of a server?",
    "health insurance for the team",
    "health check of the kubernetes cluster",
    "buy a new server",
    "renew the expired certificates",
    "create a certificate for this website",
    "deploy a new endpoint",
    "block this endpoint",
    "remove the endpoint from the load balancer",
    "watch the football game",
    "redirect this URL to another site",
    "create a website",
    "load test these endpoints",
    "rotate the TLS certificates",
    "revoke this certificate",
    "what is a TLS certificate?",
    "watch a movie",
    "add an endpoint to the API",
    "document the endpoints of this API",
    "watch the production database for slow queries",
    "scan the network for open ports",
    "このマシンを再起動して",
    "古いログを削除してディスクを空けて",
    "証明書を更新して",
    "エンドポイントを追加して",
    "サーバーを停止して",
    "このプロセスを停止して",
)

REAL = tuple(read_template(path) for path in sorted(Path(workers.__file__).parent.glob("*/templates/*.yaml")))
MATCHER = Matcher(REAL)


@pytest.mark.parametrize("name", PARAPHRASES)
def test_every_paraphrase_finds_its_template(name: str) -> None:
    found = {text: MATCHER.match(text) for text in PARAPHRASES[name]}
    assert {text: (match.verdict, match.reason) for text, match in found.items() if match.verdict != "accept"} == {}
    assert {match.accepted.name for match in found.values() if match.accepted} == {name}


def test_every_near_miss_is_asked_about_or_refused() -> None:
    found = {text: MATCHER.match(text) for text in NEAR_MISSES}
    assert {text: match.accepted.name for text, match in found.items() if match.accepted} == {}
    assert all(match.reason for match in found.values())


def test_there_are_ten_of_each_and_some_in_japanese() -> None:
    for texts in PARAPHRASES.values():
        assert len(texts) >= 10
        assert sum(not text.isascii() for text in texts) >= 2
    assert len(NEAR_MISSES) >= 10 * len(PARAPHRASES)
