"""The shape every contract shares: frozen, closed to unknown keys, every field described."""

from pydantic import BaseModel, ConfigDict, JsonValue

Json = JsonValue


class Contract(BaseModel):
    """A value that crosses a process boundary. It never changes after it is made."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
