"""The shape every contract shares: frozen, closed to unknown keys, every field described."""

from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue

Json = JsonValue


class Contract(BaseModel):
    """A value that crosses a process boundary. It never changes after it is made."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Additive:
    """Marks a field, as `Annotated[int, ADDITIVE]`, that a version which does not know it may leave out of a document.

    Only where leaving it out is safe: it must have a default, and no call may become possible without it that was not
    possible with it. Stored documents keep such fields apart (store/client/migrations.py).
    """


ADDITIVE: Final = Additive()
