"""Which specialist a server belongs to when its file does not say, from words of its own.

Simple on purpose, and always shown as inferred: a wrong guess costs one line (`queue: …`).

Before anybody has listed it, its name and command decide, and that only says which worker lists it. Whoever lists it
then decides by its tools, and writes that into the catalogue, from which plans take the queue of a tool: every worker
gives the same from the same tools, and any may start any known server.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from aether_agents.contracts import ServerSpec, Specialist
from aether_agents.mcp_host.session.tool_definition import Definition

#: Words that give a domain away, by the specialist that has it. Words that every trade has (file, code, query, node,
#: process, memory, test, schema, resource) are left out: they point anywhere.
WORDS: dict[str, str] = {
    "infra": (
        "aws ec2 eks s3 bucket buckets cloudwatch gcp azure kubernetes k8s kubectl helm terraform pulumi ansible "
        "docker container containers compose prometheus grafana cluster host hosts systemd supervisord supervisor "
        "circus sysmon cpu disk nginx deploy deployment alert alerts alerting alertmanager incident incidents oncall "
        "metric metrics dashboard dashboards dns cloud vm scaling playbook playbooks inventory pod pods namespace "
        "namespaces loki tempo observability uptime daemon"
    ),
    "data": (
        "sql sqlite postgres postgresql mysql mariadb duckdb motherduck mongo mongodb redis valkey database databases "
        "db table tables column columns row rows warehouse bigquery snowflake clickhouse csv parquet excel spreadsheet "
        "dataframe pandas alchemy dbhub etl dataset datasets markitdown vector hash"
    ),
    "security": (
        "security scan scanner scanners vulnerability vulnerabilities cve sast dast sbom sarif secrets bandit semgrep "
        "checkov trivy audit compliance nmap threat threats malware leak leaks exploit hardening"
    ),
    "dev": (
        "git github gitlab gitea bitbucket repository repositories repo commit commits branch branches diff lint ci "
        "pipeline pipelines merge issue issues pull filesystem directory directories edit npm pip package playwright "
        "browser documentation docs jira wiki release releases milestone"
    ),
}
#: Where a server goes that says nothing: the specialist with the broadest trade.
FALLBACK = "dev"
#: What its own name says, against all of its tools saying the same (1).
OWN = 0.5
#: Share of all its tools that must speak of a trade: a knowledge graph, too, has a tool that mentions a database.
SAYS = 0.25
#: A word of a tool's name counts as so many of its description.
_NAME = 2
#: Characters of a description that are read: the first sentence says what a tool is for, the rest how it is called.
_READ = 240


def infer_queue(spec: ServerSpec, specialists: Sequence[Specialist], tools: Iterable[Definition] = ()) -> str:
    """The specialist that most of its tools speak of; its own name and command count as half of them.

    Each tool has one vote, by the words of its name and of the beginning of its description; one that points to two
    specialists alike, or to none, abstains. Where tools and name say nothing, it is the fallback.
    """
    names = [specialist.name for specialist in specialists]
    package = spec.install.package if spec.install else ""
    own = _vote(f"{spec.name} {spec.command or ''} {' '.join(spec.args)} {package}", "", names)
    votes = Counter(_vote(tool.name, tool.description[:_READ], names) for tool in tools)
    voters = votes.total() - votes[""]
    scores = {name: OWN * (name == own) for name in names}
    for name in names:
        if votes[name] and votes[name] >= SAYS * votes.total():
            scores[name] += votes[name] / voters
    best = max(scores, key=lambda name: scores[name], default="")
    if best and scores[best]:
        return best
    return FALLBACK if FALLBACK in names or not names else names[0]


def _vote(name: str, description: str, specialists: Sequence[str]) -> str:
    """The one specialist that some words point to most; none if there is none, or two alike."""
    told = Counter(dict.fromkeys(_words(name), _NAME))
    told.update(set(_words(description)))
    counts = sorted(
        ((sum(told[word] for word in {one, *WORDS.get(one, "").split()}), one) for one in specialists), reverse=True
    )
    if not counts or not counts[0][0] or (len(counts) > 1 and counts[0][0] == counts[1][0]):
        return ""
    return counts[0][1]


def _words(text: str) -> list[str]:
    """Lower-case words, also out of snake_case, kebab-case and camelCase."""
    return re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())
