"""A document checked as a model: every fault with its file, its line and the nearest known name."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from aether_agents.contracts.complaint import with_its_value
from aether_agents.documents.document import Document, Location
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidSettings

Model = TypeVar("Model", bound=BaseModel)


def read_as(model: type[Model], document: Document, at: Location = ()) -> Model:
    """Validate a document (or the part of it at `at`) as a model.

    Raises:
        InvalidSettings: every fault, each with file, line and the nearest known name.
    """
    data = document.data
    for part in at:
        data = data[part]
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidSettings("\n".join(faults(model, document, error, at))) from None


def faults(model: type[BaseModel], document: Document, error: ValidationError, at: Location = ()) -> Iterator[str]:
    """Each of pydantic's complaints, located in the file, with the nearest known name for an unknown key."""
    for item in error.errors():
        location = (*at, *item["loc"])
        if item["type"] == "extra_forbidden":
            key = str(item["loc"][-1])
            hint = nearest(key, _known_names(model, item["loc"][:-1]))
            yield document.fault(location, "unknown key" + hint)
        else:
            yield document.fault(location, with_its_value(item))


def _known_names(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Names allowed at a location inside a model; empty where the shape is free."""
    current: type[BaseModel] | None = model
    for part in location:
        if current is None:
            return []
        known = {info.alias or name: info for name, info in current.model_fields.items()}
        if part not in known:
            continue  # an index or a free key: the model of the values is the same annotation's
        current = _model_in(known[str(part)].annotation)
    return [info.alias or name for name, info in current.model_fields.items()] if current else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first model mentioned in an annotation such as `dict[str, tuple[Model, ...]]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in getattr(annotation, "__args__", ()) if (found := _model_in(part))), None)
