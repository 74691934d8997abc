"""What of a playbook would run on this machine, even in a preview: however it is said, and whoever says it."""

from pathlib import Path

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from workers.infra.servers.fleet.local_code import refuse_local_code
from workers.infra.servers.fleet.runner import PLAYS

RUNS = "{{ lookup('pipe', 'id') }}"
PLAIN = "- hosts: all\n  tasks: []\n"


def looked_at(folder: Path, playbook: str = "site.yaml", **variables: object) -> None:
    (folder / "hosts.ini").write_text("[all]\nweb1\n")
    refuse_local_code(folder / playbook, folder / "hosts.ini", variables)


def test_a_value_that_is_filled_in_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "hosts.ini").write_text("web1\n")
    for content in (RUNS, [{"deep": "{{ query('url', 'http://a') }}"}], {"ansible_ssh_executable": "./mine"}):
        with pytest.raises(ToolError, match=r"the variables hold .* even in a preview"):
            refuse_local_code(PLAYS / "files.yaml", tmp_path / "hosts.ini", {"content": content})
    refuse_local_code(PLAYS / "files.yaml", tmp_path / "hosts.ini", {"content": "q = 1; lookup = 2\n"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("site.playbook", RUNS),
        ("templates/nginx.conf", f"server {RUNS};"),
        ("templates/run.sh", "{% set l = lookup %}{{ l('pipe', 'id') }}"),
        (".roles/web/tasks/main.yaml", f'- debug: {{msg: "{RUNS}"}}'),
        ("vars/long.yaml", "#" * (1 << 20) + f'\na: "{RUNS}"'),
        ("tasks/flow.yaml", "- {debug: {msg: x}, with_pipe: id}"),
        ("tasks/full.yaml", "- debug: {msg: x}\n  with_ansible.builtin.pipe: id"),
        ("tasks/numbers.yaml", "- debug: {msg: \"{{ l\\x6fokup('pipe', 'id') }}\"}"),
        ("host_vars/web1.yaml", "ansible_ssh_executable: ./mine"),
        ("group_vars/all.yaml", "ansible_ssh_common_args: -o ProxyCommand='sh -c id'"),
        ("templates/own.conf", "#jinja2: variable_start_string:'[['\n[[ lookup('pipe', 'id') ]]"),
        ("vars/huge.yaml", "a: b\n" * (2 << 20)),
    ],
)
def test_what_would_run_here_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "site.yaml").write_text(PLAIN)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    with pytest.raises(ToolError, match="even in a preview"):
        looked_at(tmp_path, name if name == "site.playbook" else "site.yaml")


def test_what_runs_nothing_here_is_let(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(
        PLAIN + "# {{ lookup('file', 'a') }} {{ query('ansible.builtin.vars', 'b') }}\n"
    )
    (tmp_path / "app.js").write_text("db.query(`a`); q(1); lookup(x)")
    (tmp_path / "motd.j2").write_text("\\x1b[0m {{ inventory_hostname }}")
    looked_at(tmp_path, content="a query (of mine) = {{ b }}")
