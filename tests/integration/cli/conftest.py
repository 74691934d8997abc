"""Commands run in this process, as the unit tests run them."""

from tests.unit.cli.conftest import run, stack

__all__ = ["run", "stack"]
