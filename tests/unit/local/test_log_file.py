"""Logs: bounded on disk, read from the end, followed over the moment they are moved aside."""

from pathlib import Path

from aether_agents.local.log_file import bound, follow, last_lines


def test_a_log_is_moved_aside_and_its_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    with path.open("ab", buffering=0) as writer:
        writer.write(b"old\n" * 100)
        bound(path, largest=1_000)
        assert path.stat().st_size == 400
        bound(path, largest=300)
        writer.write(b"new\n")
    assert path.read_text() == "new\n"
    assert path.with_name("worker.log.1").read_text() == "old\n" * 100
    bound(tmp_path / "none.log", largest=1)  # nothing to do, and no error


def test_last_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\nthree \xff\n")
    assert last_lines(path, 2) == ["two", "three \ufffd"]
    assert last_lines(path, 9, start=4) == ["two", "three \ufffd"]
    assert last_lines(path, 9, start=99) == ["one", "two", "three \ufffd"]  # it was moved aside since
    assert last_lines(tmp_path / "none", 2) == []


def test_following_goes_on_after_the_log_was_moved_aside(tmp_path: Path) -> None:
    path, other = tmp_path / "worker.log", tmp_path / "valkey.log"
    path.write_text("a\nb\nc\n")
    lines = follow({"worker": path, "valkey": other}, 2, look=0.001)
    assert [next(lines), next(lines)] == [("worker", "b"), ("worker", "c")]
    with path.open("a") as writer:
        writer.write("d\nhalf")
    assert next(lines) == ("worker", "d")
    with path.open("a") as writer:
        writer.write(" whole\n")
    other.write_text("x\n")
    assert {next(lines), next(lines)} == {("worker", "half whole"), ("valkey", "x")}
    bound(path, largest=3)
    path.write_text("anew\n")
    assert next(lines) == ("worker", "anew")
