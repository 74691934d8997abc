"""TaskRouter: a task is decomposed and its subtasks go to the specialists that have the tools; waits for its end."""

from aether_agents.agentserver.service.agent_process import AgentProcess
from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.service.update import Message
from aether_agents.contracts import HighLevelTask


class TaskRouter:
    """Routes tasks in somebody's name."""

    def __init__(self, user: object = None, context: object = None, *, service: Service | None = None) -> None:
        """`user`, `context` and `service` as `AgentProcess` takes them: without a user nothing may be routed."""
        self._user = user
        self._context = context
        self._service = service

    async def route_task(self, task: HighLevelTask) -> Message:
        """Decompose and run a task; gives the update that ends it: its status, `result` or `error`. Raises nothing.

        What it asks meanwhile is answered where tasks are followed: page, command line, `AgentProcess.approve`.
        """
        agent = AgentProcess(task, self._context, self._user, service=self._service)
        last: Message = {}
        async for update in agent.execute():
            last = update
        return last
