"""Subtask statuses as the store writes them: one letter each, for there are many of them."""

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
