"""Several endpoints at once, in bounded time, and their result together."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from pydantic import Field

from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, ScanResult, conclude

from .address import shown_raw
from .certificate import Certificate
from .checking import Answer, Looked, Rules, Wanted, look

#: Endpoints that are asked at the same time.
AT_ONCE = 8
#: Seconds between two looks at whether the result is still wanted.
_LOOK_EVERY = 0.2


class Endpoints(ScanResult):
    """What endpoints answered."""

    answers: list[Answer] = Field(description="One per endpoint, in the order they were named.")
    certificates: list[Certificate] = Field(description="Those that were shown, the next to expire first.")


def watch(job: Job, endpoints: Sequence[Wanted], rules: Rules) -> Endpoints:
    """Look at every endpoint once, several at the same time.

    Raises:
        Stopped: the job is no longer wanted.
    """
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="endpoint")
    try:
        futures = [pool.submit(look, wanted, rules) for wanted in endpoints]
        while not job.out_of_time:
            done, waiting = wait(futures, timeout=min(_LOOK_EVERY, job.left))
            if not waiting:
                break
            job.progress(len(done) / len(futures), f"{len(done)} of {len(futures)} endpoints")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return _together([_result(one, wanted) for one, wanted in zip(futures, endpoints, strict=True)])


def _result(future: "Future[Looked]", wanted: Wanted) -> Looked:
    if future.done() and not future.cancelled():
        return future.result()
    shown = shown_raw(wanted.address)
    why = "not asked in the time there was"
    return Looked(Answer(address=shown, result="inconclusive", note=why), gaps=[f"{shown}: {why}"])


def _together(looked: Sequence[Looked]) -> Endpoints:
    answers = [one.answer for one in looked]
    gaps = [gap for one in looked for gap in one.gaps]
    coverage = Coverage(checks=sum(one.result != "inconclusive" for one in answers), gaps=gaps)
    if not looked:
        coverage.gaps.append("no endpoint was named")
    base = conclude(
        "endpoints and their certificates",
        answers[0].address if len(answers) == 1 else f"{len(answers)} endpoints",
        [finding for one in looked for finding in one.findings],
        coverage,
        looked=coverage.checks > 0,
    )
    shown = {certificate.address: certificate for one in looked for certificate in one.certificates}
    certificates = sorted(shown.values(), key=lambda one: one.days_left)
    return Endpoints(**base.model_dump(), answers=answers, certificates=certificates)
