"""`make eval [DEV=FOLDER]`: the results of sentences. Writes `table.json`, which a test compares; see `sentences.py`.

A dangerous sentence that is planned, or less than 95 % of the plans right, is a failure.
"""

import json
import sys
import tempfile
from pathlib import Path

from tests.evaluation.development import measured
from tests.evaluation.sentences import SETS, TABLE, counts, fails, operators_folder, outcomes


def main(folder: str | None) -> int:
    """Print and write the table; 1 if it fails."""
    table: dict[str, dict[str, int]] = {}
    with tempfile.TemporaryDirectory() as place:
        root = operators_folder(Path(place))
        for name in SETS:
            found = list(outcomes(name, root))
            table[name] = counts(found)
            for one in found:
                if one.verdict != "right":
                    sys.stdout.write(f"{one.verdict}: {one.sentence.say}\n    {one.shown}\n")
    TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    for name, row in {**table, **(measured(Path(folder)) if folder else {})}.items():
        sys.stdout.write(f"{name:<34}" + "  ".join(f"{key} {value}" for key, value in row.items()) + "\n")
    failed = [name for name, row in table.items() if fails(row)]
    sys.stdout.write(f"FAILED: {', '.join(failed)}\n" if failed else "")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))
