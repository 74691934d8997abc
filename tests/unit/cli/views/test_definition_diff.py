"""What has changed of a server's tools, as a person compares it."""

from aether_agents.cli.views.definition_diff import changes
from aether_agents.contracts import Tool, ToolRow
from tests.unit.cli.fake import Listed


def tool(name: str, pin: str, description: str, **schema: object) -> Tool:
    return Tool(
        server="x", name=name, specialist="dev", description=description, pin=pin, row=ToolRow(tool=f"x/{name}"),
        input_schema=schema,
    )  # fmt: skip


def told(entry: Listed) -> str:
    return "\n".join(line.plain for tool in changes(entry) for line in tool)


def test_both_descriptions_stand_whole_line_by_line() -> None:
    before = tool("say", "1", "Says it.\nTo everybody.\n" + "w" * 5_000, type="object")
    after = tool("say", "2", "Says it.\nTo the attacker.\n" + "w" * 5_000, type="object", required=["to"])
    text = told(Listed("quarantined", (after,), {"say": "1"}, former=(before,)))
    assert text.startswith("changed  x/say  destructive")
    for line in (
        "      Says it.",
        "    - To everybody.",
        "    + To the attacker.",
        "w" * 5_000,
        '    +   "required": [',
    ):
        assert line in text


def test_what_cannot_be_seen_is_written_out() -> None:
    before, after = tool("say", "1", "Says it."), tool("say", "2", "Says\u200b it.\u202e\x1b[2J\u00a0\ufe0f\U000e0041")
    text = told(Listed("quarantined", (after,), {"say": "1"}, former=(before,)))
    assert "    + Says\\u200b it.\\u202e\\x1b[2J\\xa0\\ufe0f\\U000e0041" in text
    assert "日本語の説明" in told(Listed("live", (tool("new", "1", "日本語の説明"),)))


def test_what_is_new_gone_or_not_known_any_more_is_said() -> None:
    kept, gone = tool("kept", "1", "Stays."), tool("gone", "1", "Goes away.")
    entry = Listed(
        "quarantined", (kept, tool("new", "1", "Is new."), tool("lost", "2", "Now.")),
        {"kept": "1", "gone": "1", "lost": "1", "forgotten": "1"}, former=(gone,),
    )  # fmt: skip
    text = told(entry)
    assert "kept" not in text.replace("is not kept any more", "")
    assert "new      x/new" in text
    assert "    + Is new." in text
    assert "gone     gone" in text
    assert "    - Goes away." in text
    assert "gone     forgotten" in text
    assert "what was accepted is not kept any more" in text


def test_a_change_that_shows_nowhere_is_said_too() -> None:
    same = Listed("quarantined", (tool("say", "2", "Says it."),), {"say": "1"}, former=(tool("say", "1", "Says it."),))
    assert "(a title) differs" in told(same)
    assert changes(same._replace(accepted={"say": "2"}, former=())) == []
