"""The Celery object of every process: configuration, transport, result backend, producers."""
