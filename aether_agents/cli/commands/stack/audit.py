"""`aether-agent audit`."""

from pathlib import Path

import click

from aether_agents.cli.project.completion import task_ids
from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.session.task_id import TASK_ID
from aether_agents.cli.stack.audit import check, list_entries, show_head, write_out, write_report

_FILE = click.Path(path_type=Path, exists=True, allow_dash=True, dir_okay=False)
_KEPT = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group(
    "audit",
    epilog=examples(
        "aether-agent audit list --task 3f1c9a20b7de", "aether-agent audit verify", "aether-agent audit head"
    ),
)
def audit_command() -> None:
    """Show, check and export the record of what was asked, allowed, called and answered."""


@audit_command.command("list", epilog=examples("aether-agent audit list", "aether-agent audit list --kind call -n 100"))
@click.option("--task", type=TASK_ID, default="", metavar="ID", help="Only what belongs to this task.")
@click.option("--kind", default="", metavar="KIND", help="Only entries of this kind, such as `answered` or `call`.")
@click.option("--limit", "-n", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many.")
@json_option
def list_command(task: str, kind: str, limit: int, as_json: bool) -> None:
    """List the latest entries, the newest last."""
    list_entries(Session(json_wanted=as_json), task=task, kind=kind, limit=limit)


@audit_command.command(
    "verify",
    short_help="Say whether anything of the record was changed.",
    epilog=examples("aether-agent audit verify", "aether-agent audit verify record.jsonl --head head.json"),
)
@click.argument("file", type=_FILE, required=False)
@click.option("--head", "heads", type=_KEPT, multiple=True, help="A head that `audit head` printed; again for several.")
@click.option("--public-key", default="", metavar="KEY", help="Take checkpoints of this key alone.")
@json_option
def verify_command(file: Path | None, heads: tuple[Path, ...], public_key: str, as_json: bool) -> int:
    """Say which entry was edited, removed, inserted or reordered; of the store, or of a FILE that was exported.

    Leaves with 1 if anything is wrong. The signatures of writers are checked where the sealing key is. A head that was
    kept elsewhere shows whether the store came back older, or was cut.
    """
    return check(Session(json_wanted=as_json), file, heads, public_key)


@audit_command.command(
    "export", epilog=examples("aether-agent audit export -o record.jsonl", "aether-agent audit export --format ocsf")
)
@click.option("--format", "form", type=click.Choice(["jsonl", "ocsf"]), default="jsonl", help="Lines, or OCSF events.")
@click.option("--after", type=click.IntRange(min=0), default=0, metavar="N", help="Only what comes after entry N.")
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
def export_command(form: str, after: int, output: Path | None) -> int:
    """Write the record as JSON Lines, which `verify` checks, or as events of OCSF for a SIEM."""
    return write_out(Session(), form=form, after=after, output=output)


@audit_command.command("head", epilog=examples("aether-agent audit head > head.json"))
def head_command() -> int:
    """Print where the record ends now, signed. Keep it where the store cannot reach."""
    return show_head(Session(json_wanted=True))


@click.command(
    "report", epilog=examples("aether-agent report @last", "aether-agent report 3f1c9a20b7de --html -o x.html")
)
@click.argument("task_id", type=TASK_ID, shell_complete=task_ids)
@click.option(
    "--html", is_flag=True, help="As one page that holds all it needs, to be sent and replayed: the one form there is."
)
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
def report_command(task_id: str, html: bool, output: Path | None) -> int:  # noqa: ARG001 - the one form there is yet
    """Write what became of a task: plan, timeline, calls, approvals, findings, and whether its record holds."""
    return write_report(Session(), task_id, output)
