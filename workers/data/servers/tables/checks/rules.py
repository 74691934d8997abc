"""Rules: what must hold of a table, as data. A rule is never a statement."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Scalar = str | int | float | bool
Severity = Literal["high", "medium", "low"]


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="The table it is about.")
    severity: Severity = Field(default="high", description="How bad it is when it does not hold.")


class NotNull(_Rule):
    """No row without a value."""

    rule: Literal["not_null"]
    column: str = Field(description="The column.")


class Unique(_Rule):
    """No value, or no combination of values, twice. Rows without a value do not count."""

    rule: Literal["unique"]
    columns: list[str] = Field(min_length=1, max_length=20, description="The columns, taken together.")


class OfType(_Rule):
    """Every value is one of a type, whatever type the column has."""

    rule: Literal["type"]
    column: str = Field(description="The column.")
    type: Literal["boolean", "integer", "number", "date", "timestamp"] = Field(description="The type of every value.")


class InRange(_Rule):
    """Every value lies within bounds, which belong to it."""

    rule: Literal["range"]
    column: str = Field(description="The column: numbers, dates or texts.")
    min: Scalar | None = Field(default=None, description="Least value allowed; a date as `2026-01-31`.")
    max: Scalar | None = Field(default=None, description="Greatest value allowed.")

    @model_validator(mode="after")
    def _bounded(self) -> "InRange":
        if self.min is None and self.max is None:
            raise ValueError("give `min`, `max` or both")
        return self


class OneOf(_Rule):
    """Every value is one of a list."""

    rule: Literal["one_of"]
    column: str = Field(description="The column.")
    values: list[Scalar] = Field(min_length=1, max_length=1_000, description="The values allowed.")


class Matches(_Rule):
    """Every value as a whole matches a regular expression."""

    rule: Literal["matches"]
    column: str = Field(description="The column.")
    pattern: str = Field(min_length=1, max_length=1_000, description="RE2 regular expression for the whole value.")


class References(_Rule):
    """Every value is there in a column of another table."""

    rule: Literal["references"]
    column: str = Field(description="The column.")
    other_table: str = Field(description="The table referred to.")
    other_column: str = Field(description="Its column.")


class RowCount(_Rule):
    """The table has a number of rows within bounds."""

    rule: Literal["row_count"]
    min: int | None = Field(default=None, ge=0, description="Fewest rows allowed.")
    max: int | None = Field(default=None, ge=0, description="Most rows allowed.")


class NoRowTwice(_Rule):
    """No row is there twice as a whole."""

    rule: Literal["no_row_twice"]


Rule = Annotated[
    NotNull | Unique | OfType | InRange | OneOf | Matches | References | RowCount | NoRowTwice,
    Field(discriminator="rule"),
]
