"""The places that documents are sealed to: what is sealed for one opens at no other."""


class Places:
    """The places documents are sealed to."""

    @staticmethod
    def task(task_id: str) -> str:
        """A HighLevelTask."""
        return f"task/{task_id}"

    @staticmethod
    def plan(task_id: str) -> str:
        """A Plan."""
        return f"plan/{task_id}"

    @staticmethod
    def subtask(task_id: str, subtask_id: str) -> str:
        """A PlannedSubtask."""
        return f"subtask/{task_id}/{subtask_id}"

    @staticmethod
    def outcome(task_id: str, subtask_id: str) -> str:
        """An Outcome."""
        return f"outcome/{task_id}/{subtask_id}"

    @staticmethod
    def head(task_id: str) -> str:
        """A Head."""
        return f"head/{task_id}"

    @staticmethod
    def question(task_id: str, subtask_id: str) -> str:
        """An Intervention; about the whole task without a subtask."""
        return f"question/{task_id}/{subtask_id}"

    @staticmethod
    def answer(task_id: str, subtask_id: str) -> str:
        """A GivenAnswer; about the whole task without a subtask."""
        return f"answer/{task_id}/{subtask_id}"

    @staticmethod
    def said(task_id: str) -> str:
        """What an event of a task says."""
        return f"said/{task_id}"

    @staticmethod
    def schedule(name: str) -> str:
        """An AddedSchedule."""
        return f"schedules:added:{name}"

    @staticmethod
    def fired(name: str) -> str:
        """Why a slot of a schedule became no task."""
        return f"schedules:fired:{name}"

    @staticmethod
    def brake() -> str:
        """Why the brake was put on."""
        return "brake"

    @staticmethod
    def key() -> str:
        """The marker of the sealing key."""
        return "key"

    @staticmethod
    def server(name: str) -> str:
        """A CatalogueEntry."""
        return f"server/{name}"
