"""Beat: what is done again and again, each slot once, however many beats there are.

`celery -A beat beat`, or `aether-agent beat`. The schedule is the key `schedules` of aether_agent.yaml; redbeat holds
the lock that one of several beats has, and remembers what ran last; each slot is a task whose id follows from its
schedule and its time, so that even two who believe they hold the lock make one task of it.
"""
