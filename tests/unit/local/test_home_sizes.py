"""Sizes of what lies in AETHER_HOME."""

from pathlib import Path

from aether_agents.local.home_sizes import readable, size_of


def test_files_are_counted_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "one").write_bytes(b"x" * 100)
    (tmp_path / "a" / "b" / "two").write_bytes(b"x" * 50)
    (tmp_path / "large").write_bytes(b"x" * 9_000)
    (tmp_path / "a" / "linked").symlink_to(tmp_path / "large")
    found = size_of(tmp_path / "a")
    assert (found.files, found.whole) == (3, True)
    assert 150 <= found.size < 1_000
    assert size_of(tmp_path / "none") == (0, 0, True)


def test_a_folder_without_end_is_at_least_so_large(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / str(number)).write_bytes(b"x")
    assert size_of(tmp_path, most=3) == (3, 3, False)


def test_sizes_are_said_as_people_read_them() -> None:
    assert [readable(one) for one in (0, 2_048, 300_000, 2_500_000, 4_200_000_000)] == [
        "0.0 KB", "2.0 KB", "0.3 MB", "2.5 MB", "4.2 GB",
    ]  # fmt: skip
