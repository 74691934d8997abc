"""Products: whose server files are read, where they lie, and what is peculiar to each.

A file of a project is read where it lies, inert until it is trusted. A file in a person's home is never read but by
`servers import`, which copies what is chosen from it. The table of the manual (how-to/server) is made from this one.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

#: The folders of programs with windows: Linux, macOS, Windows.
_CONFIGURED = (".config", "Library/Application Support", "AppData/Roaming")
_EXTENSION = "User/globalStorage/{}"


class Product(NamedTuple):
    """Another product whose server files are read."""

    name: str
    #: Its files in a project; `*` stands for one name.
    project: tuple[str, ...] = ()
    #: Its files in a person's home.
    home: tuple[str, ...] = ()
    #: Whether its files are its settings too: what else stands there is not ours to judge.
    shared: bool = False
    #: Whether its `timeout` is in milliseconds.
    milliseconds: bool = False
    #: Whether `$NAME` stands for a variable of the environment, as in a shell.
    dollar: bool = False


def _apps(rest: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{rest}" for folder in _CONFIGURED)


#: A file of ours, or one that nobody in the table names.
OWN = Product("AetherTerm", ("mcp_config.json",))
#: A file at a place that nobody in the table names: whatever in it looks like servers.
UNKNOWN = Product("another product", shared=True)
PRODUCTS: tuple[Product, ...] = (
    Product("Claude Code", (".mcp.json",), ()),
    Product("Claude Code, personal", (), (".claude.json",), shared=True, milliseconds=True),
    OWN,
    Product("VS Code", (".vscode/mcp.json",), _apps("Code/User/mcp.json")),
    Product("VS Code, settings", (), _apps("Code/User/settings.json"), shared=True),
    Product("Claude Desktop", (), _apps("Claude/claude_desktop_config.json"), shared=True),
    Product("Cursor", (".cursor/mcp.json",), (".cursor/mcp.json",)),
    Product("Windsurf", (), (".codeium/windsurf/mcp_config.json", ".codeium/mcp_config.json")),
    Product("Antigravity", (".agents/mcp_config.json",), (".gemini/antigravity/mcp_config.json",)),
    Product("Gemini", (".gemini/settings.json",), (".gemini/settings.json",), True, True, True),
    Product("Qwen Code", (".qwen/settings.json",), (".qwen/settings.json",), True, True, True),
    Product("Zed", (".zed/settings.json",), (".config/zed/settings.json", "AppData/Roaming/Zed/settings.json"), True),
    Product(
        "Cline",
        (),
        (
            ".cline/data/settings/cline_mcp_settings.json",
            *_apps("Code/" + _EXTENSION.format("saoudrizwan.claude-dev/settings/cline_mcp_settings.json")),
        ),
    ),
    Product(
        "Roo",
        (".roo/mcp.json",),
        _apps("Code/" + _EXTENSION.format("rooveterinaryinc.roo-cline/settings/mcp_settings.json")),
    ),
    Product("Kilo Code", (".kilocode/mcp.json",), (".kilocode/mcp.json",)),
    Product("Goose", (), (".config/goose/config.yaml", "AppData/Roaming/Block/goose/config/config.yaml"), True),
    Product(
        "Continue",
        (".continue/mcpServers/*.yaml", ".continue/mcpServers/*.yml", ".continue/mcpServers/*.json"),
        (".continue/config.yaml", ".continue/config.json", ".continue/mcpServers/*.yaml"),
        shared=True,
    ),
    Product("Codex", (".codex/config.toml",), (".codex/config.toml",), True),
    Product(
        "opencode",
        ("opencode.json", "opencode.jsonc"),
        (".config/opencode/opencode.json", ".config/opencode/opencode.jsonc"),
        True,
        True,
    ),
    Product("Copilot", (), (".copilot/mcp-config.json",)),
    Product("Kiro", (".kiro/settings/mcp.json",), (".kiro/settings/mcp.json",), False, True),
    Product("Amazon Q", (".amazonq/mcp.json",), (".aws/amazonq/mcp.json",), False, True),
    Product("Junie", (".junie/mcp/mcp.json",), (".junie/mcp/mcp.json",)),
    Product("Trae", (".trae/mcp.json",), _apps("Trae/User/mcp.json")),
    Product("LM Studio", (), (".lmstudio/mcp.json",)),
    Product("Amp", (".amp/settings.json",), (".config/amp/settings.json",), True),
    Product("Crush", ("crush.json", ".crush.json"), (".config/crush/crush.json",), True),
)

#: Where a project's server files may lie, in its folder.
FILE_NAMES = tuple(name for product in PRODUCTS for name in product.project)


def product_of(path: Path) -> Product:
    """Whose file of a project it is, by its place."""
    place = _place(path)
    return next((one for one in PRODUCTS if place in one.project), OWN)


def is_server_file(path: Path) -> bool:
    """Whether a file lies where a project's server file may lie."""
    return any(path.match(name) for name in FILE_NAMES)


def project_of(path: Path) -> Path:
    """The folder of the project that a server file belongs to: what `${workspaceFolder}` means in it."""
    return path.parents[_place(path).count("/")]


def _place(path: Path) -> str:
    """The most particular of the places that a path lies at."""
    return max((name for name in FILE_NAMES if path.match(name)), key=len, default=path.name)


def project_files(folder: Path) -> Iterator[Path]:
    """The server files of a project's folder, whoever's they are."""
    for name in FILE_NAMES:
        found = sorted(folder.glob(name)) if "*" in name else [folder / name]
        yield from (path for path in found if path.is_file())


def home_files(environ: Mapping[str, str]) -> Iterator[tuple[Product, Path]]:
    """The server files of other products in a person's home, at their usual places."""
    home = Path(environ.get("HOME") or Path.home())
    configured = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    seen: set[Path] = set()
    for product in PRODUCTS:
        for name in product.home:
            top, rest = (configured, name.removeprefix(".config/")) if name.startswith(".config/") else (home, name)
            if name == ".codex/config.toml" and environ.get("CODEX_HOME"):
                top, rest = Path(environ["CODEX_HOME"]), "config.toml"
            for path in sorted(top.glob(rest)) if "*" in rest else [top / rest]:
                if path not in seen and os.access(path, os.F_OK) and path.is_file():
                    seen.add(path)
                    yield product, path
