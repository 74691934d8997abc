"""Whatever path comes from outside: what is no regular file, or far too large, costs an error and never the process."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aether_agents.access.secrets import Secrets
from aether_agents.agentserver.web.token import read_token
from aether_agents.documents.document import read_document
from aether_agents.errors import AetherError
from aether_agents.mcp_host.registry.registry import load_servers
from aether_agents.mcp_host.trust.trust import Trust
from aether_agents.planning.files.templates import gather
from aether_agents.process.regular_file import LARGEST, read_regular
from aether_agents.settings.loader import load_settings
from aether_agents.settings.model import AgentServerSettings, ContextSettings, EncryptionSettings, Settings
from aether_agents.store.client.sealing import load_keyring

LARGE = 2 << 30


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(LARGE)


def folder(path: Path) -> None:
    path.mkdir()


KINDS = (endless, pipe, huge, folder)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_of_ours_is_an_error(tmp_path: Path, kind: Callable[[Path], None]) -> None:
    kind(tmp_path / "it")
    with pytest.raises(OSError, match=r"regular file|larger than|directory"):
        read_regular(tmp_path / "it")


def test_the_largest_that_fits_is_read(tmp_path: Path) -> None:
    (tmp_path / "it").write_bytes(b"x" * LARGEST)
    assert len(read_regular(tmp_path / "it")) == LARGEST
    (tmp_path / "it").write_bytes(b"x" * (LARGEST + 1))
    with pytest.raises(OSError, match="larger than 5 MiB"):
        read_regular(tmp_path / "it")


def _document(path: Path) -> object:
    return read_document(path)


def _project_settings(path: Path) -> object:
    path.rename(path.parent / "aether_agent.yaml")
    return load_settings(path.parent, environ={"HOME": str(path.parent / "nobody")})


def _key(path: Path) -> object:
    return load_keyring(Settings(encryption=EncryptionSettings(key_file=path)), environ={})


def _token(path: Path) -> object:
    return read_token(Settings(agentserver=AgentServerSettings(token_file=path)))


def _secret(path: Path) -> object:
    settings = Settings(contexts={"local": ContextSettings(secrets={"it": f"file:{path}"})})
    return Secrets(settings, "local").read("it")


def _trust(path: Path) -> object:
    path.rename(path.parent / "trust.json")
    return Trust(path.parent).watched()


READERS = (_document, _project_settings, _key, _token, _secret, _trust)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reader", READERS)
def test_every_reader_of_one_file_says_so(
    tmp_path: Path, reader: Callable[[Path], object], kind: Callable[[Path], None]
) -> None:
    kind(tmp_path / "it")
    with pytest.raises(AetherError):
        reader(tmp_path / "it")


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_file_costs_itself(tmp_path: Path, kind: Callable[[Path], None]) -> None:
    kind(tmp_path / ".mcp.json")
    servers = load_servers(Settings(home=tmp_path / "home", project=tmp_path), ())
    assert (servers.known, servers.inert) == ({}, [])


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_costs_itself(tmp_path: Path, kind: Callable[[Path], None]) -> None:
    (tmp_path / "templates").mkdir()
    kind(tmp_path / "templates" / "bad.yaml")
    (tmp_path / "templates" / "other.yaml").write_text("name: other\n")
    found = gather((), Settings(), tmp_path, lambda *_: False)
    assert found.known == ()
    assert [path.name for path in found.inert] == ["other.yaml"]
