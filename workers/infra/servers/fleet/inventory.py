"""The hosts of an inventory, by its files alone."""

from .results import Listed, ListedHost
from .runner import Runner


def listed(runner: Runner) -> Listed:
    """All hosts that the pattern names, with their groups."""
    found = runner.hosts()
    variables = found.get("_meta", {}).get("hostvars", {})
    groups: dict[str, set[str]] = {}

    def members(group: str, seen: frozenset[str] = frozenset()) -> set[str]:
        told = found.get(group, {})
        inner = [members(one, seen | {group}) for one in told.get("children", ()) if one not in seen]
        return set(told.get("hosts", ())).union(*inner)

    for group in found:
        if group not in ("_meta", "all", "ungrouped"):
            groups[group] = members(group)
    hosts = members("all") | set(variables)
    return Listed(
        hosts=[
            ListedHost(
                name=host,
                groups=sorted(group for group, those in groups.items() if host in those),
                connection=str(variables.get(host, {}).get("ansible_connection", "ssh")),
                address=str(variables.get(host, {}).get("ansible_host", host)),
            )
            for host in sorted(hosts)
        ],
        groups={group: len(those) for group, those in sorted(groups.items())},
    )
