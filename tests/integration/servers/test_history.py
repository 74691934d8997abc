"""Git's log, taken apart: only added lines, each with its file, its number and its commit."""

import io

import pytest

from workers.inspection.bounded_job import Job
from workers.inspection.git import Git
from workers.inspection.repository import Repository
from workers.security.servers.scan.history import History
from workers.security.servers.scan.patches import MAX_LINE_BYTES

COMMIT = "a" * 40


@pytest.fixture
def history(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> History:
    from workers.inspection.git import Place

    monkeypatch.setattr(Git, "place", lambda self: Place(self.folder, False, ""))
    return History(Repository(str(tmp_path_factory.mktemp("repository"))), 10)


def added(history: History, log: bytes) -> list[tuple[str, str, list[tuple[int, str]]]]:
    job = Job(60)
    return [tuple(part) for part in history._read(io.BytesIO(log), job, 1)]


def patch(body: bytes) -> bytes:
    return b"\0commit " + COMMIT.encode() + b"\n\n" + body


def test_added_lines_have_their_numbers(history: History) -> None:
    log = patch(
        b"diff --git a.py a.py\n--- a.py\n+++ a.py\n@@ -3 +3,2 @@ def f():\n-old\n+new\n+newer\n@@ -9,0 +11 @@\n+last\n"
    )
    assert added(history, log) == [
        (COMMIT, "a.py", [(3, "new"), (4, "newer")]),
        (COMMIT, "a.py", [(11, "last")]),
    ]
    assert history.commits == 1


def test_a_removed_file_adds_nothing(history: History) -> None:
    log = patch(b"diff --git a.py a.py\ndeleted file mode 100644\n--- a.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n")
    assert added(history, log) == []


def test_a_line_that_looks_like_a_header_is_a_line(history: History) -> None:
    log = patch(
        b"diff --git a b\n--- /dev/null\n+++ b\n@@ -0,0 +1,3 @@\n+++ c.py\n+Binary files x and y differ\n+diff --git\n"
    )
    assert added(history, log) == [
        (COMMIT, "b", [(1, "++ c.py"), (2, "Binary files x and y differ"), (3, "diff --git")])
    ]


def test_what_a_merge_itself_adds_is_seen(history: History) -> None:
    log = patch(b"diff --cc a.py\n--- a.py\n+++ a.py\n@@@ -1,1 -1,1 +1,3 @@@\n++evil\n +theirs\n+ ours\n")
    assert added(history, log) == [(COMMIT, "a.py", [(1, "evil")])]


def test_odd_file_names_are_read(history: History) -> None:
    log = patch(b'diff --git x y\n--- /dev/null\n+++ "a\\tb\\"\\303\\251.py"\n@@ -0,0 +1 @@\n+x\n')
    assert added(history, log)[0][1] == 'a\tb"é.py'


def test_an_overlong_line_comes_in_parts_that_overlap_and_the_next_is_whole(history: History) -> None:
    body = b"x" * (MAX_LINE_BYTES - 5) + b"the secret" + b"x" * MAX_LINE_BYTES
    log = patch(b"diff --git x y\n--- /dev/null\n+++ a\n@@ -0,0 +1,2 @@\n+" + body + b"\n+short\n")
    ((_, _, lines),) = added(history, log)
    assert [number for number, _ in lines] == [1, 1, 1, 2]
    assert any("the secret" in text for _, text in lines)
    assert lines[3][1] == "short"


def test_a_part_of_a_line_is_never_taken_for_a_sign_of_gits(history: History) -> None:
    body = b"x" * (MAX_LINE_BYTES - 1) + b"\0commit " + b"b" * 40
    log = patch(b"diff --git x y\n--- /dev/null\n+++ a\n@@ -0,0 +1 @@\n+" + body + b"\n")
    assert {part[0] for part in added(history, log)} == {COMMIT}


def test_bytes_that_would_make_it_binary_hide_nothing(history: History) -> None:
    wide = "password".encode("utf-16-le")
    log = patch(b"diff --git x y\n--- /dev/null\n+++ a\n@@ -0,0 +1,2 @@\n+" + wide + b"\n\0+a\0b\n")
    assert added(history, log)[0][2][0] == (1, "password")


def test_the_message_of_a_commit_is_looked_at(history: History) -> None:
    log = b"\0commit " + COMMIT.encode() + b"\n\0message first\n\n+++ third\n\0end\n"
    assert added(history, log) == [(COMMIT, "(commit message)", [(1, "first"), (2, ""), (3, "+++ third")])]


def test_it_ends_when_its_time_is_up_and_says_from_where_on(history: History) -> None:
    log = patch(b"diff --git x y\n--- /dev/null\n+++ a\n@@ -0,0 +1 @@\n+x\n") * 3
    assert list(history._read(io.BytesIO(log), Job(0), 3)) == []
    (gap,) = history.gaps
    assert "beyond the bound of 0 s" in gap
