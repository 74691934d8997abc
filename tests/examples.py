"""How many examples hypothesis tries of each property: few, more by environment (CI takes more on the other Pythons).

Who searches for examples imports this in a conftest; who does not is spared the third of a second it takes to load.
"""

import os

import hypothesis

# None is timed.
hypothesis.settings.register_profile(
    "house", max_examples=int(os.environ.get("AETHER_TEST_EXAMPLES", "20")), deadline=None, database=None
)
hypothesis.settings.load_profile("house")
