"""Buckets: what durations are sorted into when they are counted."""

#: Upper bounds of the buckets durations are sorted into, in seconds: from a warm call to a task that takes hours.
BUCKETS = (0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200)


def bucket_of(seconds: float) -> str:
    """The name of the bucket a duration falls into."""
    return next((f"{bound:g}" for bound in BUCKETS if seconds <= bound), "inf")
