"""Commands run in this process, as the unit tests run them."""

from tests.unit.cli.conftest import behind, run

__all__ = ["behind", "run"]
