"""Which specialist a server belongs to when its file does not say, from words of its own.

Simple on purpose, and always shown as inferred: a wrong guess costs one line (`queue: …`).

Before anybody has listed it, its name and command decide, and that only says which worker lists it. Whoever lists it
then decides by its tools, and writes that into the catalogue, from which plans take the queue of a tool: every worker
comes to the same from the same tools, and any may start any known server.
"""

import re
from collections.abc import Iterable, Sequence

from aether_agents.contracts import ServerSpec, Specialist
from aether_agents.mcp_host.definition import Definition

#: Words that give a domain away, by the specialist that has it.
WORDS: dict[str, str] = {
    "infra": (
        "aws ec2 eks s3 cloudwatch gcp azure kubernetes k8s kubectl helm terraform pulumi ansible docker container "
        "compose prometheus grafana node cluster host hosts systemd supervisord supervisor circus process processes "
        "sysmon cpu memory disk network nginx deploy deployment alert alerts metrics dns cloud vm scaling"
    ),
    "data": (
        "sql sqlite postgres postgresql mysql mariadb duckdb motherduck mongo mongodb redis valkey database db "
        "query table tables schema warehouse bigquery snowflake csv parquet excel spreadsheet dataframe pandas "
        "alchemy dbhub etl pipeline markitdown"
    ),
    "security": (
        "security scan scanner scanners vulnerability vulnerabilities cve sast secrets secret bandit semgrep checkov "
        "trivy audit compliance nmap threat malware credential credentials leak leaks"
    ),
    "dev": (
        "git github gitlab repository repo commit branch diff code lint test tests build ci issue issues pull "
        "filesystem file files directory edit npm pip package playwright browser documentation docs jira"
    ),
}
#: Where a server goes that says nothing: the specialist with the broadest trade.
FALLBACK = "dev"


def infer_queue(spec: ServerSpec, specialists: Sequence[Specialist], tools: Iterable[Definition] = ()) -> str:
    """The specialist whose words the server has most: in its name and command, and twice each in its tools' names.

    A word of its tools' descriptions counts once, however often it stands there.
    """
    listed = tuple(tools)
    told = _words(
        f"{spec.name} {spec.command or ''} {' '.join(spec.args)} {spec.install.package if spec.install else ''}"
    )
    told += 2 * _words(" ".join(tool.name for tool in listed))
    told += sorted(set(_words(" ".join(tool.description for tool in listed))))
    best, best_score = "", 0
    for specialist in specialists:
        known = {specialist.name, *WORDS.get(specialist.name, "").split()}
        score = sum(word in known for word in told)
        if score > best_score:
            best, best_score = specialist.name, score
    names = [specialist.name for specialist in specialists]
    return best or (FALLBACK if FALLBACK in names or not names else names[0])


def _words(text: str) -> list[str]:
    """Lower-case words, also out of snake_case, kebab-case and camelCase."""
    return re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())
