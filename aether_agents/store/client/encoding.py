"""How the store writes what there is much of: statuses of subtasks as letters, durations as buckets."""

from aether_agents.contracts import SubtaskStatus

CODES: dict[SubtaskStatus, str] = {
    SubtaskStatus.PENDING: "p",
    SubtaskStatus.READY: "r",
    SubtaskStatus.RUNNING: "u",
    SubtaskStatus.RETRYING: "t",
    SubtaskStatus.WAITING: "w",
    SubtaskStatus.COMPLETED: "c",
    SubtaskStatus.FAILED: "f",
    SubtaskStatus.SKIPPED: "s",
    SubtaskStatus.CANCELLED: "x",
}

STATUSES: dict[str, SubtaskStatus] = {code: status for status, code in CODES.items()}


#: Upper bounds of the buckets durations are sorted into, in seconds: from a warm call to a task that takes hours.
BUCKETS = (0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200)


def bucket_of(seconds: float) -> str:
    """The name of the bucket a duration falls into."""
    return next((f"{bound:g}" for bound in BUCKETS if seconds <= bound), "inf")
