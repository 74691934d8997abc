"""Applying: a previewed change carried out on a canary first, then on the rest in batches; and taken back."""

from collections.abc import Iterator, Sequence

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.git import printable

from .differences import kind_of
from .keeping import KEEPER, Keeper, touched
from .planning import Wish, failure, plan, preview
from .results import Applied, Outcome, Undone
from .runner import Event, Runner


def apply(runner: Runner, wish: Wish, change: str, batch: int) -> Applied:
    """Keep what is there, change the first host, look whether nothing is left to change there, then the rest.

    Raises:
        ToolError: what would be done is not what was previewed: nothing was done.
    """
    planned, would = plan(runner, wish)
    if planned.change != change:
        raise ToolError("nothing was done: what would change is no longer what was previewed. Preview it again")
    keeper = Keeper(runner, change, any(event.become for event in would))
    wanted = touched(would)
    trees = {
        host: [path for event in would if event.host == host and kind_of(event) == "destroy"
               for path in wanted[host].get("paths", ()) if event.args.get("path") == path]
        for host in wanted
    }  # fmt: skip
    told = {**wish.variables, "aether_wanted": wanted, "aether_trees": trees}
    outcomes = {host: Outcome(host=host, state="untouched") for host in planned.hosts}
    stopped, kept = "", ""
    for hosts in _batches(planned.hosts, batch):
        kept = _run(runner, wish._replace(variables=told), hosts, outcomes, keeper) or kept
        canary = hosts[0] == planned.hosts[0] and len(planned.hosts) > 1
        if stopped := _stop(runner, wish, hosts, outcomes, canary):
            break
    keeper.seal([host for host, one in outcomes.items() if one.state == "failed"])  # the others have noted it
    done = [host for host, one in outcomes.items() if one.state in ("changed", "same")]
    return Applied(change=change, hosts=list(outcomes.values()), done=done, stopped=stopped, kept=kept)


def undo(runner: Runner, change: str, become: bool) -> Undone:
    """Put back what was there on every host that this change touched; a host that others have changed since is left.

    Raises:
        ToolError: others have changed something since, or nothing is kept: nothing was put back anywhere.
    """
    keeper = Keeper(runner, change, become)
    looked = keeper.look(["all"])
    bad = [failure(event) for event in looked if event.bad]
    there = [event for event in looked if event.aether and not event.aether.get("absent")]
    theirs = [
        f"{event.host}: {printable(str(one), 200)}" for event in there for one in event.aether.get("conflicts", ())
    ]
    if bad or theirs:
        why = f"changed since by others: {'; '.join(theirs[:10])}" if theirs else "; ".join(bad[:5])
        raise ToolError(f"nothing was put back, on no host: {why}. What was there before is kept on each host")
    if not there:
        raise ToolError(f"no host keeps anything of `{printable(change)}`: it was undone already, or never begun")
    events = keeper.restore([event.host for event in there])
    outcomes = {event.host: Outcome(host=event.host, state="same") for event in there}
    back: list[str] = []
    for event in events:
        told = outcomes[event.host]
        if event.bad:
            outcomes[event.host] = Outcome(host=event.host, state="failed", why=failure(event))
        elif lines := [str(one) for one in event.aether.get("done", ())] or ([event.task] if event.changed else []):
            back += [f"{event.host}: {printable(one, 200)}" for one in lines]
            outcomes[event.host] = told.model_copy(update={"state": "changed", "changed": told.changed + len(lines)})
    if broken := [one.why for one in outcomes.values() if one.state == "failed"]:
        raise ToolError(f"not all was put back: {'; '.join(broken[:5])}. Put back: {'; '.join(back[:10]) or 'nothing'}")
    return Undone(change=change, hosts=list(outcomes.values()), back=back)


def _batches(hosts: Sequence[str], size: int) -> Iterator[list[str]]:
    """The canary alone, then the rest, so many at once."""
    if hosts:
        yield [hosts[0]]
    for start in range(1, len(hosts), size):
        yield list(hosts[start : start + size])


def _run(runner: Runner, wish: Wish, hosts: list[str], outcomes: dict[str, Outcome], keeper: Keeper) -> str:
    """Carry it out on some hosts; what comes of each stands in `outcomes`. The folder that keeps what was there."""
    done = sum(one.state != "untouched" for one in outcomes.values())
    runner.job.progress(done / len(outcomes), f"on {', '.join(hosts)[:120]}")
    try:
        events = runner.play(wish.playbook, wish.variables, hosts, around=keeper.around())
    except ToolError as error:
        for host in hosts:
            outcomes[host] = Outcome(host=host, state="failed", why=str(error))
        return ""
    for host in hosts:
        outcomes[host] = _outcome(host, [event for event in events if event.host == host])
    return next((str(event.aether["folder"]) for event in events if event.aether.get("folder")), "")


def _outcome(host: str, events: Sequence[Event]) -> Outcome:
    changed = sum(event.changed for event in events)
    unkept = next((event for event in events if event.bad and event.module == KEEPER), None)
    if unkept is not None and not changed and unkept.event == "failed":
        why = f"{host}: what is there cannot be kept, so nothing was changed there: {printable(unkept.msg, 300)}"
        return Outcome(host=host, state="untouched", why=why)
    bad = next((event for event in events if event.bad), None)
    if bad is not None:
        return Outcome(
            host=host,
            state="unreachable" if bad.event == "unreachable" else "failed",
            changed=changed,
            why=failure(bad),
        )
    if not events:
        return Outcome(host=host, state="failed", why=f"{host}: ansible said nothing of it")
    return Outcome(host=host, state="changed" if changed else "same", changed=changed)


def _stop(runner: Runner, wish: Wish, hosts: list[str], outcomes: dict[str, Outcome], canary: bool) -> str:
    """Why the rest is left alone; empty to go on."""
    bad = [outcomes[host].why for host in hosts if outcomes[host].state in ("failed", "unreachable", "untouched")]
    if not bad and canary:
        try:
            again = preview(runner, wish, hosts)
        except ToolError as error:
            bad = [str(error)]
        else:
            bad = [
                f"{event.host}: `{printable(event.task, 80)}` would change again" for event in again if event.changed
            ]
    if not bad:
        return ""
    left = [host for host, one in outcomes.items() if one.state == "untouched" and not one.why]
    rest = f"; not touched: {', '.join(left)}" if left else ""
    return f"{'the canary' if canary else 'a batch'} did not come out right: {'; '.join(bad[:3])}{rest}"
