"""Whatever a server answers instead of doing it has a name, a cause and a fix; faults of ours are none of it."""

import pytest
from kombu.exceptions import OperationalError
from redis.exceptions import (
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as Lost

from aether_agents.errors import StoreRefuses, StoreUnavailable
from aether_agents.store.client.refusals import KNOWN, leads_elsewhere, named, refusal

SAID = {
    "OOM": "OOM command not allowed when used memory > 'maxmemory'.",
    "MISCONF": "MISCONF Errors writing to the AOF file: No space left on device",
    "READONLY": "READONLY You can't write against a read only replica.",
    "UNBLOCKED": "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
    "NOREPLICAS": "NOREPLICAS Not enough good replicas to write.",
    "BUSY": "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
    "MASTERDOWN": "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "NOPERM": "NOPERM User worker has no permissions to run the 'hset' command",
    "CLUSTERDOWN": "CLUSTERDOWN Hash slot not served",
    "WRONGTYPE": "WRONGTYPE Operation against a key holding the wrong kind of value",
}


@pytest.mark.parametrize(("word", "sentence"), SAID.items())
def test_a_word_that_the_client_does_not_know_is_known(word: str, sentence: str):
    found = refusal(ResponseError(sentence))
    assert found is not None
    assert all(part in str(found) for part in (sentence.rstrip("."), *KNOWN[word]))


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (OutOfMemoryError("command not allowed when used memory > 'maxmemory'."), "OOM"),
        (OutOfMemoryError("allow-oom flag is not set on the script, can not run it"), "OOM"),
        (ReadOnlyError("Can not run script with write flag on readonly replica."), "READONLY"),
        (NoPermissionError("User x has no permissions to access one of the keys used as arguments"), "NOPERM"),
        (ResponseError("ACL failure in script: User x has no permissions to run the 'hset' command"), "NOPERM"),
        (BusyLoadingError("Redis is loading the dataset in memory"), "LOADING"),
        (ClusterDownError("The cluster is down"), "CLUSTERDOWN"),
        (MasterDownError("Link with MASTER is down"), "MASTERDOWN"),
        (ResponseError("Command # 2 (LPUSH a b) of pipeline caused error: MISCONF it cannot"), "MISCONF"),
    ],
)
def test_so_is_one_that_the_client_has_made_a_class_of(error: RedisError, word: str):
    assert KNOWN[word][1] in str(refusal(error))


@pytest.mark.parametrize(
    ("sentence", "fix"),
    [
        ("max number of clients reached", "maxclients"),
        ("max daily request limit exceeded. Limit: 10000", "wait until it is lifted"),
        ("DB index is out of range", "`/0`"),
        ("unknown command 'FCALL', with args beginning with: 'x'", "Redis 7"),
    ],
)
def test_what_is_said_with_the_word_of_all_errors_is_named_too(sentence: str, fix: str):
    assert fix in str(refusal(ResponseError(sentence)))


@pytest.mark.parametrize(
    "sentence",
    [
        "Function not found",
        "task t1, subtask a: no arrow from r to x",
        "BUSYGROUP Consumer Group name already exists",
        "wrong number of arguments for 'xadd' command",
        "Library 'aether_1' already exists",
    ],
)
def test_a_fault_of_ours_is_none(sentence: str):
    assert refusal(ResponseError(sentence)) is None
    with pytest.raises(ResponseError), named():
        raise ResponseError(sentence)


def test_a_lost_connection_is_none():
    assert refusal(Lost("Error 111 connecting to 127.0.0.1:6379. Connection refused.")) is None


def test_it_is_found_behind_what_a_library_makes_of_it():
    wrapped = OperationalError("full")
    wrapped.__cause__ = OutOfMemoryError("full")
    assert isinstance(refusal(wrapped), StoreUnavailable)


def test_named_raises_it_with_the_address():
    told = r"the store at redis://box:1 answers, but refuses \(no\): its memory"
    with pytest.raises(StoreRefuses, match=told), named("redis://box:1"):
        raise OutOfMemoryError("no")


def test_only_some_may_be_taken_by_another_server():
    assert leads_elsewhere(ReadOnlyError("x"))
    assert not leads_elsewhere(OutOfMemoryError("x"))
