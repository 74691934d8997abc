"""Record what the command line shows, as the SVGs of README: `.venv/bin/python docs/pictures/record.py`.

Each scene runs in a terminal of its own (a pseudo-terminal, read by pyte), in a small repository with planted faults.
"""

import fcntl
import os
import pty
import re
import select
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pyte
from rich.console import Console
from rich.style import Style
from rich.text import Text

HERE = Path(__file__).parent
COLUMNS, LINES = 100, 60
PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

#: Picture, command, what is typed where a question stands, one after another.
SCENES = (
    ("screen-plan", 'aether-agent plan "Security audit of this repository"', (b"n\r",)),
    ("screen-execute", 'aether-agent execute "Security audit of this repository"', ()),
    ("screen-change", 'aether-agent execute \'Replace "hello" with "good morning" in .\'', (b"y\r",)),
)

APP = '''"""A shop."""

import subprocess

GREETING = "hello"


def run(order):
    """Run an order."""
    return subprocess.call("ship " + order, shell=True)
'''


def repository(folder: Path) -> Path:
    """A repository with a key in its history and a call of a shell in its code."""
    project = folder / "shop"
    project.mkdir()
    (project / "shop.py").write_text(APP)
    (project / "deploy.env").write_text("AWS_SECRET_ACCESS_KEY=" + "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYzQ8hT2vLpK\n")
    commit = "git -c user.name=Ann -c user.email=ann@example.org commit -qm"
    for line in ("git init -q .", "git add .", f"{commit} First", "git rm -q deploy.env", f"{commit} 'No keys here'"):
        subprocess.run(shlex.split(line), cwd=project, check=True)
    return project


def shown(command: str, answers: Sequence[bytes], project: Path, home: Path) -> pyte.Screen:
    """The terminal after a command, answered each time it asks."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = {
        "PATH": PATH,
        "HOME": str(home),
        "AETHER_HOME": str(home / "aether"),
        "TERM": "xterm-256color",
    }
    with subprocess.Popen(
        shlex.split(command),
        cwd=project,
        env=environment,
        stdin=writer,
        stdout=writer,
        stderr=writer,
        start_new_session=True,
    ) as process:
        os.close(writer)
        end, left, line = time.monotonic() + 300, list(answers), -1
        while time.monotonic() < end:
            ready, _, _ = select.select([reader], [], [], 0.5)
            if not ready:
                if process.poll() is not None:
                    break
                last = screen.display[screen.cursor.y]
                if left and screen.cursor.y > line and ("?" in last or last.rstrip().endswith(":")):
                    line = screen.cursor.y
                    os.write(reader, left.pop(0))
                continue
            try:
                stream.feed(os.read(reader, 65_536))
            except OSError:  # the terminal was closed
                break
        process.terminate()
    os.close(reader)
    return screen


def picture(screen: pyte.Screen, command: str) -> str:
    """The screen as SVG, with the command above it."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    console.print(Text("$ ", style="green").append(command, style="bold"))
    rows = [row for row in range(screen.lines) if screen.display[row].strip()]
    for row in range(rows[-1] + 1 if rows else 0):
        line = Text(no_wrap=True)
        for column in range(screen.columns):
            char = screen.buffer[row][column]
            line.append(char.data or " ", Style(color=_colour(char.fg), bold=char.bold, reverse=char.reverse))
        line.rstrip()
        console.print(line)
    return console.export_svg(title="aether-agent", unique_id="screen")


def _colour(name: str) -> str | None:
    if name == "default":
        return None
    known = {"brown": "yellow", "brightblack": "bright_black"}
    return f"#{name}" if re.fullmatch("[0-9a-f]{6}", name) else known.get(name, name)


def main() -> None:
    """All scenes, in one repository and one home."""
    with tempfile.TemporaryDirectory() as folder:
        project, home = repository(Path(folder)), Path(folder) / "home"
        home.mkdir()
        (home / ".gitconfig").write_text("[user]\n\tname = Ann\n\temail = ann@example.org\n")  # who commits
        for name, command, answers in SCENES:
            screen = shown(command, answers, project, home)
            (HERE / f"{name}.svg").write_text(picture(screen, command), encoding="utf-8")
        environment = {"PATH": PATH, "HOME": str(home), "AETHER_HOME": str(home / "aether")}
        subprocess.run(["aether-agent", "down"], env=environment, check=False)


if __name__ == "__main__":
    main()
