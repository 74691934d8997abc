"""Python code of a stranger: every file that a program which reads it would obey, import or run."""

from pathlib import Path

from tests.hostile.repositories.canary import Canary

UNSAFE = "import subprocess\n\n\ndef run(command):\n    subprocess.call(command, shell=True)\n"
#: A fault that each program finds in this file, by its rule.
FAULTY = "import os\n\n\ndef _nobody_calls_this():\n    return undefined_name\n\n\n" + UNSAFE.replace(
    "import subprocess\n", "import subprocess\n"
)
#: Modules that a program may import by mistake, since they lie where it runs or where it looks for its own.
SHADOWS = (
    *("ast.py", "bandit.py", "json.py", "mccabe.py", "pdoc.py", "radon.py", "ruff.py", "sitecustomize.py"),
    *("stevedore/__init__.py", "usercustomize.py", "vulture.py", "yaml.py", "conftest.py", "setup.py", "noxfile.py"),
    *("documentation/__init__.py", "documentation/program.py", "jinja2/__init__.py", "detect_secrets/__init__.py"),
    *("workers/__init__.py", "workers/inspection/__init__.py", "pip_audit/__init__.py", "markdown2.py"),
)


def settings(canary: Canary) -> dict[str, str]:
    """Configuration that would leave every fault out, or run something."""
    return {
        ".bandit": "[bandit]\nskips: B602\nexclude: /\n",
        "bandit.yaml": "skips: [B602]\nexclude_dirs: ['.']\n",
        "ruff.toml": 'extend = "/dev/zero"\nexclude = ["*"]\n[lint]\nignore = ["ALL"]\n',
        ".ruff.toml": 'exclude = ["*"]\n[lint.per-file-ignores]\n"*" = ["ALL"]\n',
        "setup.cfg": "[radon]\nexclude = *\n[vulture]\nexclude = *\n[flake8]\nper-file-ignores = *:F821\n",
        "radon.cfg": "[radon]\nexclude = *\n",
        "tox.ini": "[flake8]\nexclude = *\n",
        "pyproject.toml": '[tool.bandit]\nskips = ["B602"]\n[tool.ruff]\nexclude = ["*"]\n'
        '[tool.vulture]\nexclude = ["*"]\nignore_names = ["*"]\n[tool.pdoc]\n',
        ".secrets.baseline": '{"results": {}, "plugins_used": [], "filters_used": []}\n',
        ".gitignore": "*.py\n",
        ".ignore": "*\n",
        ".ruffignore": "*\n",
        ".netrc": "default login a password b\n",
        "pip.conf": "[global]\nindex-url = http://127.0.0.1:9/\n",
        "templates/module.html.jinja2": "{{ cycler.__init__.__globals__.os.system('"
        + canary.shell("jinja")
        + "') }}\n",
        "pyvenv.cfg": "home = .\ninclude-system-site-packages = true\n",
        "canary.pth": f"import os; {canary.python('pth')}",
        **{path: canary.python(f"import of {path.replace('/', '.')}") for path in SHADOWS},
    }


def write_settings(folder: Path, canary: Canary) -> None:
    """Write all of it into a folder, a repository or a HOME."""
    for path, content in settings(canary).items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)


def write_home(home: Path, canary: Canary) -> None:
    """A HOME that is set against every program."""
    write_settings(home, canary)
    for path in (".config/ruff/ruff.toml", ".config/ruff/pyproject.toml"):
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text('exclude = ["*"]\n[lint]\nignore = ["ALL"]\n')
    (home / ".radon.cfg").write_text("[radon]\nexclude = *\n")
    (home / ".gitconfig").write_text(f"[core]\n\tfsmonitor = {canary.program('gitconfig')}\n\tbare = true\n")
    (home / ".config" / "git").mkdir(parents=True, exist_ok=True)
    (home / ".config" / "git" / "config").write_text(f"[diff]\n\texternal = {canary.program('xdg-gitconfig')}\n")
    (home / ".config" / "git" / "attributes").write_text("* -diff\n")
