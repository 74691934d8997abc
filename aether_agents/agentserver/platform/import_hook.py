"""The import hook for `aetherterm.agentserver.agent_process`: a path in a package of AetherTerm's, which is not ours.

No file of AetherTerm is written or replaced: where it has such a module itself, that is the one that is imported.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

PATH = "aetherterm.agentserver.agent_process"
OURS = "aetherterm.agents.agent_process"


class _Lead(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module that it leads to."""
        found = ModuleType(spec.name)
        found.__dict__.update(vars(import_module(OURS)))
        return found

    def exec_module(self, module: ModuleType) -> None:
        """It was executed where it lies."""


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, _path: Sequence[str] | None = None, _of: object = None) -> ModuleSpec | None:
        return ModuleSpec(name, _Lead()) if name == PATH else None


def install_hook() -> None:
    """Have the platform's path lead to `AgentProcess`, unless AetherTerm has a module there. Idempotent."""
    if not any(isinstance(one, _Finder) for one in sys.meta_path):
        sys.meta_path.append(_Finder())  # after all others: what is there goes first
