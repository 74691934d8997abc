"""A name and its value beside it, or below it: assignments, calls, elements, options, headers."""

import re
from collections.abc import Iterator

from .names import NAME, PROMISING
from .noted import Glance, Noted, may_match

#: What may stand between a name and the sign: a closing quote or bracket, a type, brackets of an array.
_TYPE = (
    r"(?:[\"'`]?\]?(?:\[\d{0,6}\])?(?:[ \t]{0,8}:[ \t]{0,8}[A-Za-z&*][\w.<>\[\], |?'&*]{0,40}"
    r"|[ \t]{1,4}(?:As[ \t]{1,4})?string)?)"
)
_SIGN = r"[ \t]{0,20}(?::=|=>|<-|={1,3}|!==?|::?|\?=|\+=|\|\|=)[ \t]{0,20}(?:(?:!{1,2}|&)\w{1,20}[ \t]{1,4})?"
#: What a text may be wrapped in: `[]byte("…")`, `String::from("…")`, `$(echo '…')`.
_WRAPPED = (
    r"(?:(?:\[\]byte|(?:new[ \t]{1,4})?(?:Secret|Guarded|Secure)?String(?:Buffer|Builder)?(?"
    r":::\w{1,10}|\.\w{1,12})?|SecretStr"
    r"|Secret(?:::|\.)\w{1,24}|Buffer\.from|bytes|str|Some|(?:base64\.)?b64decode|atob|Base6"
    r"4\.\w{1,20}|SecretBox::\w{1,10})"
    r"\([ \t]{0,4}|buildString[ \t]{0,4}\{[ \t]{0,4}append\(|[$`]\(?[ \t]{0,4}(?:echo|printf"
    r")[ \t]{1,4}(?:-n[ \t]{1,4})?)?"
)
_QUOTED = r"[@$bBrRfFLu]{0,2}(?P<quote>\"\"\"|\'\'\'|[\"'`])(?P<quoted>[^\"'`\s]{4,300})(?P=quote)"
_BARE = r"(?P<bare>[^\s\"'`#;,<>](?:[^\s\"'`;,<>]){3,300})(?=[ \t]{0,99}(?:[#;,})\]]|\\?$|</))"
_OPEN = r"(?P<value>[^\s\"'`;,&|<>)]{4,200})"

_ASSIGNED = re.compile(rf"{NAME}{_TYPE}{_SIGN}{_WRAPPED}(?:{_QUOTED}|{_BARE})", re.IGNORECASE)
#: `env.get("API_KEY") or "…"`, `process.env.API_KEY || '…'`, `${API_KEY:-…}`
_FALLBACK = re.compile(
    rf"{NAME}[\"'`]?[)\]]{{0,2}}[ \t]{{0,8}}(?:\|\||\?\?|\bor\b|:-?|\?:)[ \t]{{0,8}}"
    r"(?:[\"'`](?P<quoted>[^\"'`\s]{4,200})[\"'`]|(?P<bare>[A-Za-z0-9_+/=.!@%^*-]{8,200})\})",
    re.IGNORECASE,
)
#: `password: System.get_env("X") || "…"`, `password = os.environ.get("X", "…")`
_ELSE = re.compile(
    rf"{NAME}{_TYPE}{_SIGN}(?:<%=[ \t]{{0,4}})?[\w.:$]{{0,60}}?(?:env|get|fetch|config|property)\w{{0,20}}!?[(\[]"
    rf"[ \t]{{0,4}}[\"'][\w.:-]{{1,80}}[\"']"
    r"(?:[ \t]{0,4},[ \t]{0,4}|[)\]][ \t]{0,4}(?:\|\||\?\?|\bor\b|\?:)[ \t]{0,4})[\"'`](?P<q"
    r"uoted>[^\"'`\s]{4,200})[\"'`]",
    re.IGNORECASE,
)
#: `value='…' WHERE name='smtp_password'`, `default = "…", description = "db password"`: the value first.
_REVERSED = re.compile(
    r"(?:value|default)[\"']?[ \t]{0,8}[:=][ \t]{0,8}N?[\"'](?P<value>[^\"'\s]{4,300})[\"'].{0,60}?"
    rf"(?:name|key|description|id)[\"']?[ \t]{{0,8}}[:=][ \t]{{0,8}}N?[\"']?[\w .-]{{0,60}}?"
    rf"{NAME}[\w .-]{{0,40}}(?:[\"',;\s]|$)",
    re.IGNORECASE,
)
#: `define('DB_PASSWORD', '…')`, `setPassword("…")`, `os.getenv("API_KEY", "…")`, `#define DB_PASSWORD "…"`
_CALLED = re.compile(
    rf"(?:\([ \t]{{0,8}}[\"'][\w.-]{{0,60}}?{NAME}[\"'][ \t]{{0,8}},[ \t]{{0,20}}"
    r"(?:(?:\w{1,20}=[\w.]{1,30},[ \t]{1,4}){0,3}default[ \t]{0,2}=[ \t]{0,2})?|"
    rf"(?<![A-Za-z_])(?:set|with|add|put|use|update|change)?_?"
    rf"{NAME.replace('promising', 'promising3').replace('rest', 'rest3').replace('.-', '')}(?"
    rf":(?:::|\.)(?:from\w{{0,8}}|new|of|plain))?\([ \t]{{0,8}}){_QUOTED}"
    rf"|define[ \t]{{1,8}}\w{{0,40}}?{NAME.replace('promising', 'promising2').replace('rest', 'rest2')}[ \t]{{1,20}}"
    r"[\"'](?P<value>[^\"'\s]{4,300})[\"']",
    re.IGNORECASE,
)
#: `<password>…</password>`, `<string name="api_key">…</string>`, `<entry key="db.password">…</entry>`
_ELEMENT = re.compile(
    rf"<(?:[\w.-]{{0,40}}?{NAME}|[\w.-]{{1,40}}[ \t]{{1,4}}(?:name|key|id)=[\"'][\w.-]{{0,60}}?"
    rf"{NAME.replace('promising', 'promising2').replace('rest', 'rest2')}[\"'])"
    r"[^<>]{0,80}>[ \t]{0,20}(?:<(?:[Vv]alue|string|PlainText)>)?(?:<!\[CDATA\[)?(?P<value>["
    r"^<>\s]{4,300}?)(?:\]\]>)?[ \t]{0,20}</",
    re.IGNORECASE,
)
#: `name: DB_PASSWORD` with `value: …` beside it or below: containers, `<add key= value=>`, `<property name= value=>`
_PAIRED = re.compile(
    rf"(?:name|key|id|Name|Key|variable)[\"']?[ \t]{{0,4}}[:=]?[ \t]{{0,4}}[\"']?[\w./-]{{0,60}}?{NAME}[\"']?"
    r"(?:[\s,{}\"']|type[ \t]*=[ \t]*string|sensitive[ \t]*=[ \t]*true|description[ \t]*=[ \t]*\"[^\"]{0,80}\"){0,40}"
    r"(?:value|default|Value)[\"']?[ \t]{0,8}[:=][ \t]{0,8}(?:[\"'](?P<quoted>[^\"'\s]{4,300})[\"']"
    r"|(?P<bare>[^\s\"'#;,<>]{4,300})(?=[ \t]{0,20}(?:[#]|$)))",
    re.IGNORECASE,
)
#: `<key>apiKey</key>` and `<string>…</string>`, beside it or below.
_PLIST = re.compile(
    rf"<key>[\w.-]{{0,60}}?{NAME}</key>\s{{0,40}}<(?:string|value)>(?P<value>[^<>\s]{{4,300}})</", re.IGNORECASE
)
#: `password: >-` and the text below it.
_FOLDED = re.compile(
    rf"{NAME}[\"']?[ \t]{{0,8}}:[ \t]{{0,8}}[|>][+-]?\d?[ \t]*\n[ \t]{{1,60}}(?P<value>[^\s\"']{{4,300}})[ \t]*$",
    re.IGNORECASE,
)
#: `password = (` or `<password>`, and its value alone in the line below.
_BELOW = re.compile(
    rf"(?:{NAME}{_TYPE}[ \t]{{0,8}}(?::=|=>|=|:)[ \t]{{0,4}}\(?|<[\w.-]{{0,40}}?"
    rf"{NAME.replace('promising', 'promising2').replace('rest', 'rest2')}[^<>]{{0,80}}>)[ \t]{{0,8}}\n[ \t]{{0,60}}"
    r"(?:[\"'](?P<quoted>[^\"'\s]{4,300})[\"'][,;)]{0,3}|(?P<bare>[^\s\"'`:=<>{}()\[\]]{8,300}))[ \t]{0,8}$",
    re.IGNORECASE,
)
#: `:password "…"`, `(setq password "…")`, `| password | … |`, `the password is …`
_LOOSE = re.compile(
    rf"(?:(?::|\bsetq?[ \t]{{1,4}}|\bdef[ \t]{{1,4}})[\w-]{{0,40}}?{NAME}[ \t]{{1,8}}"
    r"\"(?P<quoted>[^\"\s]{4,200})\"|(?:\|[ \t]{0,8}|\b)(?:[\w-]{0,20}[ _-])?"
    rf"{NAME.replace('promising', 'promising2').replace('rest', 'rest2')}[ \t]{{1,8}}"
    r"(?:(?:is|was|ist|est|es|è|é|är|er|jest|je|это):?|\|)[ \t]{1,8}[`*]{0,2}(?P<value>[^\s|"
    r"`*\"'(),]{8,100})(?=[`*]{0,2}[.,]"
    r"?(?:[ \t]{0,20}\||[ \t]{0,8}$)))",
    re.IGNORECASE,
)
#: `ENV NAME value`, `setx NAME value`, `SecretString NAME value` …: a blank is the sign there.
_BLANK = re.compile(
    r"^[ \t]{0,20}(?:(?:ENV|ARG|LABEL|setx|setenv|set|export|env|-e|machine|default)"
    r"(?:[ \t]{1,4}-{1,2}\w{1,10}){0,3})?[ \t]{0,8}"
    rf"[\w.-]{{0,60}}?{NAME}[ \t]{{1,8}}"
    r"[\"']?(?P<value>[^\s\"'=:]{4,200})[\"']?[ \t]{0,20}\\?$",
    re.IGNORECASE,
)
#: `Pwd=…;` in connection strings, `NAME=value command`, `--from-literal=password=…`, `?password=…&`
_INLINE = re.compile(rf"(?<![\w.])[\w-]{{0,40}}?{NAME}={_OPEN}(?=[\s\"'`;,&|)]|$)", re.IGNORECASE)
#: `host=db user=app password=…`, `Server=db;User=sa;Password={…}`: what stands beside it says that it is a login.
_BESIDE = r"\b(?:host|user|user ?id|uid|username|dbname|database|server|data source|account)[ \t]?=[ \t]?"
_LOGIN = re.compile(
    rf"(?:\"[^\"(),]{{0,200}}?{_BESIDE}[^\"(),]{{1,200}}[; &?']|'[^'(),]{{0,200}}?{_BESIDE}[^'(),]{{1,200}}[; &?]"
    rf"|{_BESIDE}[^(),=;]{{1,200}};[^()]{{0,200}}?){NAME}[ \t]?=[ \t]?[{{'\"]?(?P<value>[^\s"
    rf"\"'`;&|<>{{}}(),]{{4,200}})(?=[\s\"'`;&|}}]|$)",
    re.IGNORECASE,
)
#: `--password …`, `--token=…`
_OPTION = re.compile(rf"(?<!\S)-{{1,2}}[\w-]{{0,40}}?{NAME}(?:[ \t]{{1,4}}|=)[\"']?{_OPEN}", re.IGNORECASE)
#: `X-Api-Key: …` and the like, in a header that is written into a program or a command.
_HEADER = re.compile(
    rf"[\"'\s](?:X-)?[\w-]{{0,40}}?{NAME}[\"']?[ \t]{{0,4}}[:,][ \t]{{0,4}}[\"']?"
    r"(?P<value>[A-Za-z0-9_+/=.~-]{16,300})[\"'\\]",
    re.IGNORECASE,
)
_PROMISED = re.compile(PROMISING, re.IGNORECASE)
_LOOK_BACK = re.compile(
    r"value|default|<string|^[ \t]*[^\s:=]+[ \t]*$|^[ \t]*[\"'][^\s]{4,300}[\"'][,;)]*[ \t]*$", re.IGNORECASE
)


#: Each pattern, how its value stands there, and the words that a line must have.
_HERE: tuple[tuple["re.Pattern[str]", str, Glance], ...] = (
    (_ASSIGNED, "", ()),
    (_FALLBACK, "quoted", (("||", "??", "or", ":"),)),
    (_CALLED, "quoted", (("(", "define"),)),
    (_ELSE, "quoted", (("env", "get", "fetch", "config", "property"),)),
    (_REVERSED, "mixed", (("value", "default"), ("name", "key", "description", "id"))),
    (_ELEMENT, "quoted", (("<",),)),
    (_PAIRED, "quoted", (("value", "default"), ("name", "key", "id", "variable"))),
    (_PLIST, "quoted", (("<key>",),)),
    (_BLANK, "blank", ()),
    (_INLINE, "inline", (("=",),)),
    (_LOGIN, "known", (("host", "user", "uid", "dbname", "database", "server", "source", "account"), ("=",))),
    (_OPTION, "option", (("-",),)),
    (_HEADER, "random", ()),
    (
        _LOOSE,
        "mixed",
        (
            (
                "is",
                "was",
                "|",
                ":",
                "set",
                "def",
                " es",
                " \N{LATIN SMALL LETTER E WITH GRAVE}",
                " \N{LATIN SMALL LETTER E WITH ACUTE}",
                "är",
                " er",
                " je",
                "это",
            ),
        ),
    ),
)


def here(text: str, lowered: str) -> Iterator[Noted]:
    """Names and values in one line that has a name, which is given in small letters as well."""
    for pattern, how, words in _HERE:
        if not words or may_match(lowered, words):
            for match in pattern.finditer(text):
                yield _noted(match, how)


def options(text: str) -> Iterator[Noted]:
    """Options with their values in a command line."""
    for match in _OPTION.finditer(text.replace('"', " ").replace("'", " ")):
        yield _noted(match, "option")


def looks_back(text: str) -> bool:
    """Whether a line may be the value of a name in those before it."""
    return _LOOK_BACK.search(text) is not None


def below(text: str, before: str) -> Iterator[Noted]:
    """Values in a line whose name is in those before it."""
    joined = f"{before}\n{text}"
    for pattern in (_PAIRED, _PLIST, _FOLDED, _BELOW):
        for match in pattern.finditer(joined, max(0, len(before) - 400)):
            if match.end() > len(before) + 1:
                yield _noted(match, "" if pattern is _BELOW else "quoted")


def _noted(match: "re.Match[str]", how: str) -> Noted:
    known = match.groupdict()
    value = known.get("quoted") or known.get("bare") or known.get("value") or ""
    how = how or ("quoted" if known.get("quoted") else "bare")
    name = known.get("promising") or known.get("promising2") or known.get("promising3") or ""
    rest = known.get("rest") or known.get("rest2") or known.get("rest3") or ""
    if not name and (
        promised := _PROMISED.search(rest)
    ):  # `credentials.secret`: what hints stands before what promises
        name, rest = promised.group(), rest[promised.end() :]
    return Noted(value, name, rest, how)
