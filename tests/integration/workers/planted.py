"""Repositories with faults planted in them. Secrets are put together here: a scan of this project finds none."""

import os
import subprocess
from pathlib import Path

AWS_PRESENT = "{}IOSFODNN7EXAMPLE".format("AKIA")
AWS_DELETED = "{}QWERTYUIOP123456".format("AKIA")
YAML_TOKEN = "a8f5f167f44f4964" + "e6c998dee827110c"
PASSWORD = "correct-horse-" + "battery-9"  # pragma: allowlist secret
SECRETS = (AWS_PRESENT, AWS_DELETED, YAML_TOKEN, PASSWORD)

HOSTILE_MESSAGE = "First <script>alert(1)</script> | `rm -rf` [x](javascript:alert(1))"

RUN = f"""import subprocess


def run(command):
    return subprocess.call(command, shell=True)


password = "{PASSWORD}"
"""


class Planted:
    """A git repository of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "Eve")
        self.git("config", "user.email", "eve@example.org")

    def git(self, *args: str, at: str | None = None) -> str:
        """Run git in it, as nobody in particular, at a time of one's own choice."""
        when = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at} if at else {}
        command = ["git", "-c", "commit.gpgsign=false", *args]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=True, env={**os.environ, **when}
        )
        return done.stdout.strip()

    def write(self, path: str, text: str | bytes) -> Path:
        """Write a file in it."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        return place

    def commit(self, message: str) -> str:
        """Commit all there is; the commit's hash."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


def plant(folder: Path) -> Planted:
    """A repository with one of each: the faults that every audit must find."""
    repository = Planted(folder)
    repository.write("app/aws.py", f'KEY = "{AWS_PRESENT}"\n')
    repository.write("app/run.py", RUN)
    repository.write("config/settings.yaml", f"service:\n  api_token: {YAML_TOKEN}\n")
    repository.write("legacy/old.py", f'key = "{AWS_DELETED}"\n')
    (repository.folder / "etc").symlink_to("/etc")
    repository.commit(HOSTILE_MESSAGE)
    repository.git("rm", "--quiet", "legacy/old.py")
    repository.commit("remove the old")
    repository.write("loose.txt", "anyone may write here\n").chmod(0o666)
    return repository
