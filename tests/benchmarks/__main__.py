"""`python -m tests.benchmarks`: measure the numbers to hold, side by side, in one run."""

import sys

import pytest

if __name__ == "__main__":
    sys.exit(
        pytest.main(["tests/benchmarks", "-o", "python_files=bench_*.py", "--timeout", "1800", "-s", *sys.argv[1:]])
    )
