"""The program, `terraform` or `tofu`: found, run in a folder with its own data beside nobody's, and its words read."""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import named
from workers.inspection.bounded_job import Beyond, Job
from workers.inspection.git import printable
from workers.inspection.text import read_bounded

from .saved_plans import plans

_FIX = (
    "neither `terraform` nor `tofu` is installed on the worker's machine: install one of them (1.5 or newer) so that "
    "it is on the search path, then run the task again"
)
#: What of the server's environment a provider may need: where its credentials are, never shown.
_PASSED = re.compile(
    r"^(?:HOME|TF_VAR_\w+|TF_CLI_CONFIG_FILE|TF_PLUGIN_CACHE_DIR|TF_TOKEN_\w+|AWS_\w+|ARM_\w+|AZURE_\w+|GOOGLE_\w+|"
    r"CLOUDSDK_\w+|KUBECONFIG|KUBE_\w+|VAULT_\w+|https?_proxy|HTTPS?_PROXY|NO_PROXY|no_proxy|SSL_CERT_FILE)$"
)
_SECRET = re.compile(r"^(?:TF_VAR_|TF_TOKEN_|.*(?:SECRET|TOKEN|PASSWORD|KEY)\b)")
_CREDENTIALS = re.compile(
    r"no valid credential|credentials? (?:not found|could not|cannot)|could not find (?:default )?credentials|"
    r"unable to (?:build authorizer|configure|locate credentials)|error building.*authoriz|authenticat|unauthori[sz]ed|"
    r"InvalidClientTokenId|ExpiredToken|AuthorizationFailed",
    re.IGNORECASE,
)
_LOCKED = re.compile(r"Error acquiring the state lock")
_STALE = re.compile(r"Saved plan is stale")
_SELF_SIGNED = re.compile(r"Installed (\S+) \S+ \(self-signed")
#: The largest record of a backend that is taken over, in bytes.
_LARGEST = 1 << 20
_SAID, _LAST = 1_200, 200
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Program:
    """The program in one folder. What it downloads lies in a folder of ours.

    `theirs`: a `.terraform` beside the configuration is used. It holds programs that a plan runs, and whoever wrote the
    configuration may have written them.
    """

    def __init__(self, folder: str, job: Job, *, theirs: bool) -> None:
        self.folder, self.job = Path(folder), job
        self.beside = self.folder / ".terraform"
        self.theirs = theirs and self.beside.is_dir()
        self.allowed = theirs
        self.data = self.beside if self.theirs else plans() / f"data-{named(folder)[7:23]}"
        self.name = self._found()
        if not self.folder.is_dir() or not self.sources():
            raise ToolError(f"`{printable(folder)}` holds no configuration (*.tf, *.tofu): name the folder that does")

    def _found(self) -> str:
        path = os.environ.get("PATH", os.defpath)
        wants = ("tofu", "terraform") if any(self.folder.glob("*.tofu")) else ("terraform", "tofu")
        found = next((found for name in wants if (found := shutil.which(name, path=path))), None)
        if found is None:
            raise ToolError(_FIX)
        return found

    def sources(self) -> list[Path]:
        """The files of the configuration itself."""
        kinds = ("*.tf", "*.tf.json", "*.tofu", "*.tofu.json")
        return sorted(path for kind in kinds for path in self.folder.glob(kind) if path.is_file())

    def ready(self) -> list[str]:
        """Make the folder ready, unless somebody has: what was written beside the configuration is told.

        Raises:
            ToolError: it cannot be, or a provider is signed by nobody but whoever wrote it.
        """
        if self.theirs:
            return []
        self._take_over()
        lock = self.folder / ".terraform.lock.hcl"
        there = lock.exists()
        done = self.run(["init", "-input=false", "-no-color", *(["-lockfile=readonly"] if there else [])])
        if not self.allowed and (unknown := _SELF_SIGNED.findall(done.stdout.decode("utf-8", "replace"))):
            shutil.rmtree(self.data / "providers", ignore_errors=True)
            raise ToolError(
                f"the provider {printable(', '.join(unknown), 200)} is signed by nobody but whoever wrote it, and runs "
                "while it is planned: look at it, then say `--input allow_code=true`"
            )
        return (
            [] if there or not lock.exists() else ["`.terraform.lock.hcl` was made: commit it, it pins the providers"]
        )

    def _take_over(self) -> None:
        """What of a `.terraform` is no program: the workspace, and which backend was chosen."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        for name in ("environment", "terraform.tfstate"):
            try:
                content = read_bounded(self.beside / name, _LARGEST)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise ToolError(f"`.terraform/{name}` cannot be read: {error.strerror}") from None
            (self.data / name).touch(mode=0o600)
            (self.data / name).write_bytes(content)

    def run(self, words: Sequence[str], allowed: Sequence[int] | None = (0,)) -> "CompletedProcess[bytes]":
        """Run it; without `allowed` it may end in any way, by a signal too.

        Raises:
            ToolError: it failed; the error has its words, and what to do.
        """
        try:
            done = self.job.program([self.name, *words], self.folder, environment=self._environment())
        except Beyond as error:
            raise ToolError(
                f"`{Path(self.name).name} {words[0]}` was ended: it went beyond {error}. What it had done by then is "
                "in the state; a new plan says what is left"
            ) from None
        if allowed is not None and done.returncode not in allowed:
            raise ToolError(self.said(words[0], done))
        return done

    def said(self, word: str, done: "CompletedProcess[bytes]") -> str:
        """What went wrong, and what to do about it."""
        text = _COLOURS.sub("", (done.stderr or done.stdout).decode("utf-8", "replace"))
        text = " ".join(line.strip("│╷╵ \t") for line in text.splitlines() if line.strip("│╷╵ \t"))
        for name, value in os.environ.items():
            if _SECRET.match(name) and len(value) > 3:  # noqa: PLR2004 - a shorter one hides nothing
                text = text.replace(value, "…")
        at = text.find("Error:")
        told = printable(text[at : at + _SAID] if at >= 0 else text[-_LAST:], _SAID)
        return f"`{Path(self.name).name} {word}`: {told or 'it failed and said nothing'}{_advice(text)}"

    def _environment(self) -> dict[str, str]:
        passed = {name: value for name, value in os.environ.items() if _PASSED.match(name)}
        own = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
        own |= {"TF_CLI_CONFIG_FILE": os.devnull} if "TF_CLI_CONFIG_FILE" not in passed and _no_config() else {}
        own |= {} if self.theirs else {"TF_DATA_DIR": str(self.data)}
        return {**passed, **own}


def _no_config() -> bool:
    return not (Path(os.environ.get("HOME", "/")) / ".terraformrc").exists()


def _advice(text: str) -> str:
    if _LOCKED.search(text):
        return ". Somebody else plans or applies here now: wait until they are done, then run the task again"
    if _STALE.search(text):
        return ". The state has changed since the plan was made: nothing was done. Run the task again"
    if _CREDENTIALS.search(text):
        return (
            ". The provider has no valid credentials: give them to the worker by its environment (AWS_PROFILE, "
            "ARM_CLIENT_ID, GOOGLE_APPLICATION_CREDENTIALS …), then run the task again; nothing was done"
        )
    return ""
