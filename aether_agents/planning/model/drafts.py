"""Drafts of what no template does: of a model, where there is one, else of live tools. A person looks at each."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from aether_agents.contracts import HighLevelTask, Json, Origin, Template
from aether_agents.planning.composition.draft import document_of, draft_of, understood_as
from aether_agents.planning.composition.goal_step import Step
from aether_agents.planning.composition.step_inputs import tell
from aether_agents.planning.composition.template_choice import Choice, with_nearest
from aether_agents.planning.model.model_planner import ModelPlanner
from aether_agents.planning.model.unfinished import Unfinished
from aether_agents.planning.planning_result import Asked, Conclusion, NotYet, Planned, Unplannable
from aether_agents.planning.validation.live_tools import LiveTools

#: Plans a choice, with templates that its goals may name, against a look at the live tools.
Decomposing = Callable[[HighLevelTask, Choice, Mapping[str, Template], LiveTools], Conclusion]

_AS_IT_IS = "`aether-agent retry` without `--replan` goes on with the plan as it is"
_NO_MODEL = f"there is no model that could plan the rest anew: name one (`llm.model`). {_AS_IT_IS}"


@dataclass(frozen=True)
class Drafts:
    """What a task is drafted from."""

    task: HighLevelTask
    inputs: Mapping[str, Json]  #: the plain inputs of its context
    known: Mapping[str, Template]
    live: Callable[[], LiveTools]  #: a fresh look at the live tools
    decompose: Decomposing
    model: ModelPlanner | None
    unfinished: Unfinished | None = None  #: what is done of it already

    def rest(self) -> Conclusion:
        """The plan with what the model writes for the part that is not done; else why there is none."""
        made = self._written()
        if made is None:
            return Unplannable(_NO_MODEL, "could_not_plan")
        return made._replace(error=f"{made.error}\n{_AS_IT_IS}") if isinstance(made, Unplannable) else made

    def otherwise(self, found: Asked | Unplannable) -> Conclusion:
        """What there is for a sentence without a template: a model's plan, or the question with what comes nearest."""
        if isinstance(found, Unplannable) and (made := self._written()) is not None:
            if not isinstance(made, Unplannable):
                return made
            found = found._replace(error=f"{found.error}\n{made.error}")
        return with_nearest(found, self.task, self.live().all(), self.model.name if self.model else "")

    def wanted(self) -> Conclusion:
        """The draft that a person asked for: the model's, if it wrote one; else of live tools; or what it lacks."""
        written = self._written()
        if written is not None and not isinstance(written, Unplannable):
            return written
        return self._of_tools((written.error,) if written is not None else ())

    def _written(self) -> Conclusion | None:
        """What the model writes, planned as a plan file is; None where there is no model."""
        if self.model is None:
            return None
        tools = self.live()
        if unlisted := tools.unlisted():  # a model chooses among all that there is
            return NotYet(unlisted)

        def planned(document: Template, sure: float) -> Conclusion:
            if self.unfinished is not None:
                if faults := self.unfinished.faults(document):
                    return Unplannable("\n".join(faults), "invalid_plan")
                document = self.unfinished.joined(document)
            return self._planned(document, "llm", sure, self.known)

        known = self.known.values()
        return self.model.draft(self.task, self.inputs, tools.all(), known, planned, self.unfinished)

    def _of_tools(self, failed: Collection[str]) -> Conclusion:
        drafted = draft_of(self.task, self.live().all())
        if not drafted:
            lines = ("no draft can be made of this: no live tool is near enough", *failed)
            return Unplannable("\n".join(lines), "could_not_plan")
        told = tell([one.step for one in drafted], self.task, self.inputs)
        if told.faults or told.asked:
            return told.asked or Unplannable("\n".join(told.faults), "invalid_task")
        document = document_of(drafted, told, self.task)
        made = self._planned(document, "draft", min(one.confidence for one in drafted), {})
        if not isinstance(made, Planned):
            return made
        plan = made.plan.model_copy(update={"understood": understood_as(drafted), "unused": told.unused})
        instead = tuple(f"{one}: this is a draft of live tools" for one in failed)
        return Planned(plan, told.unused, (*made.warnings, *instead))

    def _planned(self, document: Template, origin: Origin, sure: float, known: Mapping[str, Template]) -> Conclusion:
        choice = Choice((Step("", document, "", ""),), origin, sure, named=True)
        as_file = self.task.model_copy(update={"document": document, "inputs": {}})
        return self.decompose(as_file, choice, known, self.live())
