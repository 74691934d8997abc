"""Ports: what listens on this machine, and which process it is."""

import socket
from collections.abc import Iterable, Iterator
from typing import Any

import psutil
from pydantic import BaseModel, Field

from workers.inspection.git import printable

#: Listening ports named at most.
MAX_PORTS = 500


class Listener(BaseModel):
    """One port that something listens on."""

    port: int = Field(description="The port.")
    protocol: str = Field(description="tcp or udp.")
    address: str = Field(description="The address it is bound to; 0.0.0.0 and :: are all of them.")
    reach: str = Field(description="`this machine` when bound to a loopback address, else `network`.")
    process: str = Field(description="Name of the process; empty when this user may not see it.")
    pid: int | None = Field(default=None, description="Its process id, if this user may see it.")
    user: str = Field(description="User it runs as; empty when this user may not see it.")


class Ports(BaseModel):
    """What listens on this machine."""

    listening: list[Listener] = Field(description="By port; the first 500.")
    total: int = Field(description="How many there are in all.")
    hidden: int = Field(description="How many belong to a process that this user may not see.")
    gaps: list[str] = Field(description="What could not be looked at.")


def read_ports() -> Ports:
    """Every TCP port that is listened on and every UDP port that is bound without a partner."""
    gaps: list[str] = []
    try:
        known: list[tuple[Any, int | None]] = [(one, one.pid) for one in psutil.net_connections("inet")]
    except psutil.AccessDenied:  # macOS shows all of them to root only
        gaps.append("ports of other users' processes: only root may see them")
        known = list(_own())
    found = {(one.port, one.protocol, one.address, one.pid): one for one in _listeners(known)}
    ordered = [found[key] for key in sorted(found, key=lambda key: (key[0], key[1], key[2], key[3] or 0))]
    hidden = sum(one.pid is None for one in ordered)
    if hidden:
        gaps.append(f"the processes of {hidden} ports: this user may not see them")
    return Ports(listening=ordered[:MAX_PORTS], total=len(ordered), hidden=hidden, gaps=gaps)


def _own() -> Iterator[tuple[Any, int]]:
    for process in psutil.process_iter():
        try:
            for one in process.net_connections("inet"):
                yield one, process.pid
        except psutil.Error:
            continue  # ended, or another user's


def _listeners(
    known: Iterable[tuple[Any, int | None]],
) -> Iterator[Listener]:
    names: dict[int, tuple[str, str]] = {}
    for one, pid in known:
        udp = one.type == socket.SOCK_DGRAM
        if not one.laddr or one.raddr or not (udp or one.status == psutil.CONN_LISTEN):
            continue
        if pid is not None and pid not in names:
            names[pid] = _named(pid)
        process, user = names.get(pid, ("", "")) if pid is not None else ("", "")
        address = str(one.laddr.ip)
        local = address.startswith("127.") or address == "::1"
        yield Listener(
            port=one.laddr.port,
            protocol="udp" if udp else "tcp",
            address=address,
            reach="this machine" if local else "network",
            process=process,
            pid=pid,
            user=user,
        )


def _named(pid: int) -> tuple[str, str]:
    try:
        process = psutil.Process(pid)
        return printable(process.name(), 100), printable(process.username(), 100)
    except psutil.Error:
        return "", ""
