"""`aether-agent backup` and `aether-agent restore`."""

from pathlib import Path

import click

from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.stack.backup import back_up, restore


@click.command(
    "backup", epilog=examples("aether-agent backup -o /backups", "aether-agent backup -o aether.tar.gz --json")
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), default=Path(), help="File to write, or a folder for it."
)
@click.option("--with-key", is_flag=True, help="Put the sealing key into it too: then the file alone opens everything.")
@json_option
def backup_command(output: Path, with_key: bool, as_json: bool) -> int:
    """Write the store and AETHER_HOME into one file, while everything goes on.

    Tasks, plans, results, schedules that people added, the audit record and its heads, trust, pins and reports. Works
    for the embedded stack and for a Valkey or Redis elsewhere. The sealing key is not in it: keep it in another place.
    """
    return back_up(Session(json_wanted=as_json), output, with_key=with_key)


@click.command(
    "restore",
    epilog=examples(
        "AETHER_HOME=/srv/aether aether-agent restore aether.tar.gz --key sealing.key",
        "AETHER_REDIS_URL=redis://other:6379/0 aether-agent restore aether.tar.gz",
    ),
)
@click.argument("archive", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The sealing key, to be put into the embedded stack.",
)
@json_option
def restore_command(archive: Path, key_file: Path | None, as_json: bool) -> int:
    """Put a backup back: into an empty AETHER_HOME and an empty store, here or on another machine.

    Checks every digest and the seal first. A restore takes the store back to when the backup was taken: what ran since
    is not known, so calls that must not run twice are asked about.
    """
    return restore(Session(json_wanted=as_json), archive, key_file=key_file)
