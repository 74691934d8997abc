"""The approval screen: what does not fit is cut and said, and the whole of it is cut nowhere."""

from aether_agents.cli.terminal.glyphs import UNICODE
from aether_agents.cli.terminal.review_screen import ReviewScreen
from aether_agents.contracts import Item, Risk, Shown, Subject

LONG = "+" + "x" * 200 + "; rm -rf ~"


def text(shown: Shown, *, whole: bool) -> str:
    return "\n".join(line.plain for line in ReviewScreen(UNICODE, 80, 30).lines(shown, whole=whole))


def shown(**more: object) -> Shown:
    form = "table" if "rows" in more else "diff"
    subject = Subject(of="preview", form=form, digest="sha256:" + "0" * 64, risk=Risk.WRITE)
    return Shown.model_validate({"name": "agree", "subject": subject, **more})


def test_a_long_line_is_cut_on_the_screen_and_whole_when_all_is_asked_for() -> None:
    long = shown(lines=(LONG,), items=(Item(kind="create", what="/a" * 90 + "/end"),))
    assert "rm -rf" not in text(long, whole=False)
    assert "rm -rf ~" in text(long, whole=True)
    assert "/a/end" in text(long, whole=True)


def test_a_wide_table_is_whole_when_all_is_asked_for() -> None:
    wide = shown(columns=("command",), rows=((LONG,),))
    assert "rm -rf" not in text(wide, whole=False)
    assert "rm -rf ~" in text(wide, whole=True)
