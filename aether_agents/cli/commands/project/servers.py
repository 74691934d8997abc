"""`aether-agent servers`."""

from collections.abc import Callable

import click

from aether_agents.cli.project.completion import offers, servers
from aether_agents.cli.project.server_add import add, show_offers
from aether_agents.cli.project.server_install import install_all
from aether_agents.cli.project.server_list import server_rows, show_servers
from aether_agents.cli.project.server_lock import accept
from aether_agents.cli.servers.import_servers import import_servers
from aether_agents.cli.servers.server_logs import show_server_log
from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session


@click.group("servers", epilog=examples("aether-agent servers list", "aether-agent servers install git"))
def servers_command() -> None:
    """MCP servers: what there is, and its care."""


@servers_command.command("list", epilog=examples("aether-agent servers list --json"))
@json_option
def list_command(as_json: bool) -> None:
    """List every server known or found here, trusted or not. Starts none."""
    session = Session(json_wanted=as_json)
    with session.running_orchestrator() as orchestrator:
        rows = server_rows(session, orchestrator)
    if as_json:
        session.output.json(rows)
    else:
        show_servers(session, rows)


@servers_command.command("install", epilog=examples("aether-agent servers install", "aether-agent servers install git"))
@click.argument("names", nargs=-1, shell_complete=servers)
def install_command(names: tuple[str, ...]) -> int:
    """Give third-party servers an environment of their own, at exact versions. Without NAMES, all that lack one."""
    return install_all(Session(), names)


@servers_command.command(
    "add",
    epilog=examples(
        "aether-agent servers add",
        "aether-agent servers add time",
        "aether-agent servers add sqlite --as orders --env SQLITE_DB=orders.db --yes",
    ),
)
@click.argument("name", required=False, shell_complete=offers)
@click.option("--env", "-e", "pairs", metavar="NAME=VALUE", multiple=True, help="What it must be told.")
@click.option("--as", "alias", metavar="NAME", help="Its name here, for a second one of a kind.")
@click.option("--yes", "-y", is_flag=True, help="Add what is shown, without being asked.")
@json_option
def add_command(name: str | None, pairs: tuple[str, ...], alias: str | None, yes: bool, as_json: bool) -> int:
    """Add a verified server, after showing exactly what it starts. Without NAME, list those there are."""
    session = Session(json_wanted=as_json)
    return add(session, name, alias, pairs, yes=yes) if name else show_offers(session)


@servers_command.command(
    "import",
    epilog=examples(
        "aether-agent servers import",
        "aether-agent servers import github --from cursor --yes",
        "aether-agent servers import --from ~/Downloads/servers.json --all",
    ),
)
@click.argument("names", nargs=-1)
@click.option("--from", "source", metavar="PRODUCT|FILE", default="", help="Only of this product, or of this file.")
@click.option("--as", "alias", metavar="NAME", help="Its name here, where one of its name is there already.")
@click.option("--all", "everything", is_flag=True, help="All that can be added.")
@click.option("--yes", "-y", is_flag=True, help="Add what is shown, without being asked.")
@json_option
def import_command(
    names: tuple[str, ...], source: str, alias: str | None, everything: bool, yes: bool, as_json: bool
) -> int:
    """Take over servers that are set up in other products: editors, assistants, desktop programs.

    Without NAMES, show what stands in their usual places, in your home and in this project. What you choose is copied
    into your own server file; theirs stay as they are, and are not read again.
    """
    session = Session(json_wanted=as_json)
    return import_servers(session, names, source, alias, everything=everything, yes=yes)


@servers_command.command(
    "lock", epilog=examples("aether-agent servers lock git", "aether-agent servers lock notes --whole")
)
@click.argument("name", shell_complete=servers)
@click.option("--yes", "-y", is_flag=True, help="Accept what is shown, without being asked.")
@click.option("--digest", metavar="DIGEST", default="", help="Accept if this is still what it lists, and only then.")
@click.option("--whole", is_flag=True, help="Where nobody has looked yet: show whole definitions, not words alone.")
def lock_command(name: str, yes: bool, digest: str, whole: bool) -> int:
    """Accept the present definitions of a server's tools: changed ones, or what a project's server lists first.

    A worker lists it anew. What is new, changed or gone is shown beside what was accepted, and just that is accepted.
    """
    return accept(Session(), name, yes=yes, digest=digest, whole=whole)


@servers_command.command(
    "test",
    short_help="Try whether servers work here.",
    epilog=examples("aether-agent servers test git", "aether-agent servers test --json"),
)
@click.argument("names", nargs=-1, shell_complete=servers)
@json_option
def probe_command(names: tuple[str, ...], as_json: bool) -> int:
    """Do servers work here, and if not, what is wrong? Without NAMES, all.

    Each is started, lists its tools, is asked for a tool it does not have (does it say so?) and, if it is one of
    `servers add`, makes one harmless call. Then it is ended.
    """
    from aether_agents.cli.project.server_probe import probe  # noqa: PLC0415 - a second of imports that no other command needs

    return probe(Session(json_wanted=as_json), names)


@servers_command.command(
    "logs", epilog=examples("aether-agent servers logs git", "aether-agent servers logs git --follow")
)
@click.argument("name", shell_complete=servers)
@click.option("--follow", "-f", is_flag=True, help="Go on with what is added.")
@click.option("--lines", "-n", type=click.IntRange(min=0), default=200, show_default=True, help="Last lines.")
def logs_command(name: str, follow: bool, lines: int) -> int:
    """Show what a server wrote to its standard error: a traceback never comes with the answer to a call."""
    return show_server_log(Session(), name, lines=lines, follow=follow)


def _whose(command: Callable[..., int]) -> Callable[..., int]:
    """The options that say for whom a login is."""
    context = click.option("--context", metavar="NAME", default="", help="The context it is for; yours without it.")
    owner = click.option("--owner", metavar="NAME", default="", help="Whose tasks use it; yours without it.")
    return context(owner(command))


@servers_command.command("login", epilog=examples("aether-agent servers login github"))
@click.argument("name", shell_complete=servers)
@_whose
@click.option(
    "--client-id",
    metavar="ID",
    default="",
    help="The id this program was registered with there by hand, or the https address of a document about it.",
)
@click.option("--device", is_flag=True, help="No browser here: type a code into a page, on whatever machine.")
@click.option("--port", metavar="N", type=click.IntRange(0, 65535), default=0, help="Port the browser comes back to.")
@click.option("--no-browser", is_flag=True, help="Show the address only.")
@click.option("--paste", is_flag=True, help="The browser is on another machine: paste the address it ends at.")
def login_command(
    name: str,
    owner: str,
    context: str,
    client_id: str,
    device: bool,
    port: int,
    no_browser: bool,
    paste: bool,
) -> int:
    """Log in at a remote server that asks for it (OAuth 2.1).

    Its authorisation server is found, this program is registered there, and a browser opens in which you say what it
    may do. What it gives lies sealed in AETHER_HOME, is used for tasks of this owner and context alone, is sent to this
    server alone, and is renewed as long as that allows it.
    """
    from aether_agents.cli.servers.login import LoginOptions, login  # noqa: PLC0415 - a second of imports, as for `test`

    options = LoginOptions(owner, context, client_id, port, not no_browser, paste, device)
    return login(Session(), name, options)


@servers_command.command("logout", epilog=examples("aether-agent servers logout github"))
@click.argument("name", shell_complete=servers)
@_whose
def logout_command(name: str, owner: str, context: str) -> int:
    """Forget a login: no task uses it any more."""
    from aether_agents.cli.servers.login import LoginOptions, logout  # noqa: PLC0415 - a second of imports, as for `test`

    return logout(Session(), name, LoginOptions(owner, context))
