"""The worker of the tests with faults in it: `python -m tests.chaos.entry NAME COUNT_LOG NAMES QUEUES`."""

import sys

from tests.chaos.faults import inject
from tests.integration.execution.entry import main

if __name__ == "__main__":
    inject()
    sys.exit(main())
