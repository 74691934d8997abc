"""What of a playbook would run on this machine, even in a preview: however it is said, and whoever says it."""

from pathlib import Path

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from workers.infra.servers.fleet.fingerprint import fingerprint
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
        ("group_vars/all.yaml", "ansible_python_interpreter: ./mine\n"),
        ("group_vars/all.yaml", "ansible_python_interpreter: '{{ playbook_dir }}/mine'\n"),
        ("group_vars/all.yaml", "{ansible_connection: local, ansible_python_interpreter: /tmp/mine}\n"),
        ("hosts.yaml", "all: {hosts: {web1: {ansible_connection: local, ansible_perl_interpreter: /home/x/mine}}}\n"),
        ("hosts", "web1 ansible_connection=local ansible_python_interpreter=/srv/repo/mine\n"),
        ("hosts", "web1 ansible_connection=local ansible_shell_executable=./mine\n"),
        ("ansible.cfg", "[defaults]\nbecome_plugins = ./mine\n"),
        ("ansible.cfg", "[privilege_escalation]\nbecome_exe = ./mine\n"),
    ],
)
def test_what_would_run_here_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "site.yaml").write_text(PLAIN)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    with pytest.raises(ToolError, match="even in a preview"):
        looked_at(tmp_path, name if name == "site.playbook" else "site.yaml")


@pytest.mark.parametrize(
    ("playbook", "name", "text"),
    [
        ("roles: [../shared/web]", "web/tasks/main.yaml", f'- debug: {{msg: "{RUNS}"}}'),
        ("roles: [../shared/web]", "web/filter_plugins/own.py", "import os\n"),
        ("roles:\n    - role: ../shared/web", "web/library/own.py", "import os\n"),
        ("vars_files: [../shared/vars.yaml]", "vars.yaml", f'a: "{RUNS}"'),
        ("tasks: [{include_tasks: ../shared/tasks.yaml}]", "tasks.yaml", "- {debug: {msg: x}, with_pipe: id}"),
        ("tasks: [{include_tasks: ../shared/a.yaml}]", "../deeper/b.yaml", "- {debug: {msg: x}, with_pipe: id}"),
        ("tasks: []\n- import_playbook: ../shared/a.yaml", "filter_plugins/own.py", "import os\n"),
        ("tasks: [{template: {src: ../shared/a.conf, dest: /x}}]", "a.conf", f"server {RUNS};"),
    ],
)
def test_what_would_run_here_is_refused_where_it_lies_elsewhere(
    tmp_path: Path, playbook: str, name: str, text: str
) -> None:
    home, shared = tmp_path / "plays", tmp_path / "shared"
    home.mkdir()
    (home / "site.yaml").write_text(f"- hosts: all\n  {playbook}\n")
    (shared / name).parent.mkdir(parents=True, exist_ok=True)
    shared.mkdir(exist_ok=True)
    (shared / "a.yaml").write_text("- include_tasks: ../deeper/b.yaml\n")
    (shared / name).write_text(text)
    with pytest.raises(ToolError, match="even in a preview"):
        looked_at(home)


@pytest.mark.parametrize(
    "value",
    [
        "auto",
        "auto_silent",
        "/usr/bin/python3",
        "'/usr/bin/python3.11'",
        "/usr/local/bin/python3",
        "/bin/sh",
        "'{{ ansible_playbook_python }}'",
    ],
)
def test_an_interpreter_of_the_system_is_let(tmp_path: Path, value: str) -> None:
    (tmp_path / "site.yaml").write_text(f"{PLAIN}  vars:\n    ansible_python_interpreter: {value}\n")
    looked_at(tmp_path)


def test_what_lies_elsewhere_is_in_the_fingerprint_or_named(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "plays", tmp_path / "shared"
    for folder in (home, elsewhere / "roles" / "web" / "tasks"):
        folder.mkdir(parents=True)
    secret, role = elsewhere / "vars.yaml", elsewhere / "roles" / "web" / "tasks" / "main.yaml"
    secret.write_text("a: 1\n")
    role.write_text("[]\n")
    (home / "hosts.ini").write_text("web1\n")
    (home / "linked").symlink_to(elsewhere / "roles")
    (home / "site.yaml").write_text(
        "- hosts: all\n  vars_files: [../shared/vars.yaml, '../{{ env }}.yaml']\n  tasks:\n"
        f"    - copy: {{src: {elsewhere}/file.conf, dest: /etc/hostname}}\n"
    )
    copied = elsewhere / "file.conf"
    copied.write_text("1")
    first = fingerprint(home / "site.yaml", home / "hosts.ini")
    assert set(first.outside) == {str(secret), str(copied), str(role)}
    assert first.unknown == ("../{{ env }}.yaml",)
    for path in (secret, copied, role):
        before = path.read_text()
        path.write_text("changed: 2\n")
        assert fingerprint(home / "site.yaml", home / "hosts.ini").digest != first.digest, path
        path.write_text(before)
    assert fingerprint(home / "site.yaml", home / "hosts.ini") == first


def test_what_runs_nothing_here_is_let(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(
        PLAIN + "# {{ lookup('file', 'a') }} {{ query('ansible.builtin.vars', 'b') }}\n"
    )
    (tmp_path / "app.js").write_text("db.query(`a`); q(1); lookup(x)")
    (tmp_path / "motd.j2").write_text("\\x1b[0m {{ inventory_hostname }}")
    looked_at(tmp_path, content="a query (of mine) = {{ b }}")
