"""Sealing: only who has the key opens a document, only unchanged, only in its place."""

import base64
import stat
from pathlib import Path

import pytest

from aether_agents.errors import CannotOpen, InvalidSettings
from aether_agents.settings.model import EncryptionSettings, Settings
from aether_agents.store import Keyring, Sealer, add_key, make_key_file
from aether_agents.store.client.sealing import KEY_VARIABLE, load_keyring, parse_keys

OLD, NEW = b"o" * 32, b"n" * 32


def sealer(**keys: bytes) -> Sealer:
    return Sealer(Keyring(keys))


def test_it_opens_nowhere_else() -> None:
    box = sealer(k1=NEW)
    blob = box.seal("subtask/t/a", {"x": 1})
    with pytest.raises(CannotOpen, match="subtask/t/b"):
        box.open("subtask/t/b", blob)


@pytest.mark.parametrize("at", range(0, 60, 3))
def test_any_change_is_noticed(at: int) -> None:
    box = sealer(k1=NEW)
    blob = bytearray(box.seal("p", {"text": "a" * 40}))
    blob[at % len(blob)] ^= 1
    with pytest.raises(CannotOpen):
        box.open("p", bytes(blob))


@pytest.mark.parametrize("blob", [b"", b"\x01", b"{}", b"\x02\x00\x02k1" + b"x" * 40, b"\x01\x00\xffk1"])
def test_what_is_not_ours_is_refused(blob: bytes) -> None:
    with pytest.raises(CannotOpen):
        sealer(k1=NEW).open("p", blob)


def test_the_wrong_key_and_a_missing_one_are_told_apart() -> None:
    blob = sealer(k1=NEW).seal("p", 1)
    with pytest.raises(CannotOpen, match="differs"):
        sealer(k1=OLD).open("p", blob)
    with pytest.raises(CannotOpen, match="does not have"):
        sealer(k2=NEW).open("p", blob)


def test_keys_rotate() -> None:
    before = sealer(old=OLD).seal("p", "kept")
    both = sealer(new=NEW, old=OLD)
    assert both.open("p", before) == "kept"
    after = both.seal("p", "new")
    assert sealer(new=NEW).open("p", after) == "new"
    with pytest.raises(CannotOpen):
        sealer(old=OLD).open("p", after)


def test_nothing_of_the_text_shows_and_twice_is_not_the_same() -> None:
    box = sealer(k1=NEW)
    text = "the blue elephant"
    first, second = box.seal("p", text), box.seal("p", text)
    assert text.encode() not in first
    assert first != second


def test_large_documents_are_compressed() -> None:
    assert len(sealer(k1=NEW).seal("p", ["the same words"] * 1_000)) < 500


def test_a_key_file_is_private_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "sealing.key"
    make_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    make_key_file(path)
    assert path.read_text() == before
    assert [file.name for file in path.parent.iterdir()] == ["sealing.key"]
    chosen = Settings(encryption=EncryptionSettings(key_file=path))
    box = Sealer(load_keyring(chosen, {}))
    assert box.open("p", box.seal("p", 1)) == 1


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    path = tmp_path / "sealing.key"
    make_key_file(path)
    chosen = Settings(encryption=EncryptionSettings(key_file=path))
    given_key = f"env1:{base64.b64encode(NEW).decode()}"
    assert load_keyring(chosen, {KEY_VARIABLE: given_key}).newest == "env1"
    assert load_keyring(chosen, {KEY_VARIABLE: " "}).newest.startswith("k")


def test_no_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match="AETHER_SEALING_KEY"):
        load_keyring(Settings(), {})
    missing = Settings(encryption=EncryptionSettings(key_file=tmp_path / "nothing"))
    with pytest.raises(CannotOpen, match="cannot be read"):
        load_keyring(missing, {})


@pytest.mark.parametrize("text", ["", "secretsecret", "k1:short", f"k1:{'A' * 43}=:x", "k1:####"])
def test_a_malformed_key_is_named_but_never_shown(text: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        parse_keys([text], "the file")
    assert "the file" in str(caught.value)
    assert text == "" or text not in str(caught.value)


def test_two_keys_of_one_id_are_refused() -> None:
    line = f"k1:{base64.b64encode(NEW).decode()}"
    with pytest.raises(InvalidSettings, match="twice"):
        parse_keys([line, line], "the file")


@pytest.mark.parametrize("keys", [{}, {"k": b"short"}, {"": NEW}, {"ü": NEW}, {"x" * 33: NEW}])
def test_a_keyring_takes_only_keys_that_can_seal(keys: dict[str, bytes]) -> None:
    with pytest.raises(InvalidSettings):
        Keyring(keys)


def test_a_keyring_does_not_show_its_keys() -> None:
    assert repr(Keyring({"k1": NEW})) == "Keyring(k1)"


def test_a_key_is_added_before_the_others_which_still_open(tmp_path: Path) -> None:
    path = tmp_path / "sealing.key"
    settings = Settings(encryption=EncryptionSettings(key_file=path))
    first = add_key(path)
    blob = Sealer(load_keyring(settings, {})).seal("p", {"x": 1})
    second = add_key(path)
    box = Sealer(load_keyring(settings, {}))
    assert box.open("p", blob) == {"x": 1}
    assert [line.partition(":")[0] for line in path.read_text().split()] == [second, first]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["sealing.key"]


def test_what_is_no_key_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes")
    with pytest.raises(InvalidSettings, match="key 1"):
        add_key(path)
    assert path.read_text() == "my notes"
