"""As many examples of each property as the house takes."""

import tests.examples  # noqa: F401
