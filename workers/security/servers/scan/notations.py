"""How people write down a name and its secret: the notations of languages, settings, command lines and addresses.

Every expression here is bounded in what it may run over, since a line may be a stranger's: detect-secrets' own
expressions for names take minutes for one hostile line.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

#: Names that promise a secret, and names that do so only for a value that looks random.
_PROMISING = (
    r"(?:api|auth|service|account|storage|db|database|priv|private|client|secret|access|encryption|signing|master"
    r"|consumer|app|license|shared|session|cookie|hmac|jwt)[-_. ]?key|pass(?:word|wd|phrase|wort)?|pwd|secret"
    r"|contrase[nñ]a|mot_?de_?passe|(?-i:PASS|Pwd)|_authToken|(?<![a-z])pw|(?:bind|user|root|db|admin)pw|\bpsk"
)
_HINTING = r"token|credential|cred|auth|bearer|webhook|apikey"
_NAME = rf"(?:(?P<promising>{_PROMISING})|(?:{_HINTING}))(?P<rest>[\w.-]{{0,40}})"
#: What may stand between a name and the sign: a closing quote or bracket, a type, brackets of an array.
_TYPE = (
    r"(?:[\"'`]?\]?(?:\[\d{0,6}\])?(?:[ \t]{0,8}:[ \t]{0,8}[A-Za-z&*][\w.<>\[\], |?'&*]{0,40}"
    r"|[ \t]{1,4}(?:As[ \t]{1,4})?string)?)"
)
_SIGN = r"[ \t]{0,20}(?::=|=>|<-|={1,3}|!==?|:|\?=|\+=|\|\|=)[ \t]{0,20}(?:(?:!{1,2}|&)\w{1,20}[ \t]{1,4})?"
_QUOTED = r"[@$bBrRfFLu]{0,2}(?P<quote>\"\"\"|\'\'\'|[\"'`])(?P<quoted>[^\"'`\s]{4,300})(?P=quote)"
_BARE = r"(?P<bare>[^\s\"'`#;,<>]{4,300})(?=[ \t]{0,99}(?:[#;,})\]]|\\?$))"
_OPEN = r"(?P<value>[^\s\"'`;,&|<>)]{4,200})"

_ASSIGNED = re.compile(rf"{_NAME}{_TYPE}{_SIGN}(?:{_QUOTED}|{_BARE})", re.IGNORECASE)
#: `env.get("API_KEY") or "…"`, `process.env.API_KEY || '…'`, `${API_KEY:-…}`
_FALLBACK = re.compile(
    rf"{_NAME}[\"'`]?[)\]]{{0,2}}[ \t]{{0,8}}(?:\|\||\?\?|\bor\b|:-?|\?:)[ \t]{{0,8}}"
    r"(?:[\"'`](?P<quoted>[^\"'`\s]{4,200})[\"'`]|(?P<bare>[A-Za-z0-9_+/=.!@%^*-]{8,200})\})",
    re.IGNORECASE,
)
#: `define('DB_PASSWORD', '…')`, `setPassword("…")`, `os.getenv("API_KEY", "…")`, `#define DB_PASSWORD "…"`
_CALLED = re.compile(
    rf"(?:\([ \t]{{0,8}}[\"'][\w.-]{{0,60}}?{_NAME}[\"'][ \t]{{0,8}},[ \t]{{0,20}}"
    r"(?:(?:\w{1,20}=[\w.]{1,30},[ \t]{1,4}){0,3}default[ \t]{0,2}=[ \t]{0,2})?|"
    rf"(?<![A-Za-z_])(?:set|with|add|put|use|update|change)?_?"
    rf"{_NAME.replace('promising', 'promising3').replace('rest', 'rest3').replace('.-', '')}\([ \t]{{0,8}}){_QUOTED}"
    rf"|define[ \t]{{1,8}}\w{{0,40}}?{_NAME.replace('promising', 'promising2').replace('rest', 'rest2')}[ \t]{{1,20}}"
    r"[\"'](?P<value>[^\"'\s]{4,300})[\"']",
    re.IGNORECASE,
)
#: `<password>…</password>`, `<string name="api_key">…</string>`, `<entry key="db.password">…</entry>`
_ELEMENT = re.compile(
    rf"<(?:[\w.-]{{0,40}}?{_NAME}|[\w.-]{{1,40}}[ \t]{{1,4}}(?:name|key|id)=[\"'][\w.-]{{0,60}}?"
    rf"{_NAME.replace('promising', 'promising2').replace('rest', 'rest2')}[\"'])"
    r"[^<>]{0,80}>[ \t]{0,20}(?:<!\[CDATA\[)?(?P<value>[^<>\s]{4,300}?)(?:\]\]>)?[ \t]{0,20}</",
    re.IGNORECASE,
)
#: `name: DB_PASSWORD` with `value: …` beside it or below: containers, `<add key= value=>`, `<property name= value=>`
_PAIRED = re.compile(
    rf"(?:name|key|id|Name|Key|variable)[\"']?[ \t]{{0,4}}[:=]?[ \t]{{0,4}}[\"']?[\w./-]{{0,60}}?{_NAME}[\"']?"
    r"(?:[\s,{}\"']|type[ \t]*=[ \t]*string|sensitive[ \t]*=[ \t]*true|description[ \t]*=[ \t]*\"[^\"]{0,80}\"){0,40}"
    r"(?:value|default|Value)[\"']?[ \t]{0,8}[:=][ \t]{0,8}(?:[\"'](?P<quoted>[^\"'\s]{4,300})[\"']"
    r"|(?P<bare>[^\s\"'#;,<>]{4,300})(?=[ \t]{0,20}(?:[#]|$)))",
    re.IGNORECASE,
)
#: `<key>apiKey</key>` and `<string>…</string>`, beside it or below.
_PLIST = re.compile(
    rf"<key>[\w.-]{{0,60}}?{_NAME}</key>\s{{0,40}}<(?:string|value)>(?P<value>[^<>\s]{{4,300}})</", re.IGNORECASE
)
#: `password: >-` and the text below it.
_FOLDED = re.compile(
    rf"{_NAME}[\"']?[ \t]{{0,8}}:[ \t]{{0,8}}[|>][+-]?\d?[ \t]*\n[ \t]{{1,60}}(?P<value>[^\s\"']{{4,300}})[ \t]*$",
    re.IGNORECASE,
)
#: `password = (` or `<password>`, and its value alone in the line below.
_BELOW = re.compile(
    rf"(?:{_NAME}{_TYPE}[ \t]{{0,8}}(?::=|=>|=|:)[ \t]{{0,4}}\(?|<[\w.-]{{0,40}}?"
    rf"{_NAME.replace('promising', 'promising2').replace('rest', 'rest2')}[^<>]{{0,80}}>)[ \t]{{0,8}}\n[ \t]{{0,60}}"
    r"(?:[\"'](?P<quoted>[^\"'\s]{4,300})[\"'][,;)]{0,3}|(?P<bare>[^\s\"'`:=<>{}()\[\]]{8,300}))[ \t]{0,8}$",
    re.IGNORECASE,
)
#: `:password "…"`, `(setq password "…")`, `| password | … |`, `the password is …`
_LOOSE = re.compile(
    rf"(?:(?::|\bsetq?[ \t]{{1,4}}|\bdef[ \t]{{1,4}})[\w-]{{0,40}}?{_NAME}[ \t]{{1,8}}"
    r"\"(?P<quoted>[^\"\s]{4,200})\"|(?:\|[ \t]{0,8}|\b)(?:[\w-]{0,20}[ _-])?"
    rf"{_NAME.replace('promising', 'promising2').replace('rest', 'rest2')}[ \t]{{1,8}}"
    r"(?:is|was|\|)[ \t]{1,8}[`*]{0,2}(?P<value>[^\s|`*\"'(),]{8,100})(?=[`*]{0,2}[.,]?(?:[ \t]{0,20}\||[ \t]{0,8}$)))",
    re.IGNORECASE,
)
#: `ENV NAME value`, `setx NAME value`, `SecretString NAME value` …: a blank is the sign there.
_BLANK = re.compile(
    r"^[ \t]{0,20}(?:ENV|ARG|LABEL|setx|set|export|env|-e|machine|default)?[ \t]{0,8}"
    rf"[\w.-]{{0,60}}?{_NAME}[ \t]{{1,8}}"
    r"[\"']?(?P<value>[^\s\"'=:]{4,200})[\"']?[ \t]{0,20}\\?$",
    re.IGNORECASE,
)
#: `Pwd=…;` in connection strings, `NAME=value command`, `--from-literal=password=…`, `?password=…&`
_INLINE = re.compile(rf"(?<![\w.])[\w-]{{0,40}}?{_NAME}={_OPEN}(?=[\s\"'`;,&|)]|$)", re.IGNORECASE)
#: `--password …`, `--token=…`
_OPTION = re.compile(rf"(?<!\S)-{{1,2}}[\w-]{{0,40}}?{_NAME}(?:[ \t]{{1,4}}|=)[\"']?{_OPEN}", re.IGNORECASE)
#: `X-Api-Key: …` and the like, in a header that is written into a program or a command.
_HEADER = re.compile(
    rf"[\"'\s](?:X-)?[\w-]{{0,40}}?{_NAME}[\"']?[ \t]{{0,4}}[:,][ \t]{{0,4}}[\"']?"
    r"(?P<value>[A-Za-z0-9_+/=.~-]{16,300})[\"'\\]",
    re.IGNORECASE,
)
#: Where the words around a value, not a name, say that it is a secret.
_ANY = r"(?P<value>[^\s\"']{4,200})"
_KNOWN = tuple(
    re.compile(pattern, re.IGNORECASE if pattern.startswith("(?:") else 0)
    for pattern in (
        r"(?:\bBearer)[ \t]{1,4}(?P<random>[A-Za-z0-9_+/=.~-]{16,2000})",
        r"(?:\bauthorization)[\"']?[ \t]{0,4}[:=,][ \t]{0,4}[\"']?(?:token|key|apikey)[ \t]{1,4}"
        r"(?P<random>[\w+/=.~-]{16,400})",
        rf"\bcurl\b.{{0,300}}?[ \t](?:-u|--user|--proxy-user)[ \t=]?[ \t]{{0,2}}[\"']?[^\s:\"']{{1,80}}:{_ANY}",
        r"\b(?:wget|http|https|xh)\b.{0,300}?[ \t](?:-a|--auth|--http-password)[ \t=][\"']?(?:[^\s:\"']{1,80}:)?"
        rf"{_ANY}",
        r"\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)\b.{0,200}?[ \t]-p"
        r"(?P<value>[^\s\"']{4,200}|[\"'][^\"'\s]{4,200}[\"'])",
        rf"\bsshpass[ \t]{{1,4}}-p[ \t]{{0,4}}[\"']?{_ANY}",
        rf"\bredis-cli\b.{{0,200}}?[ \t](?:-a|--pass)[ \t]{{1,4}}[\"']?{_ANY}",
        r"\b(?:docker|podman|helm|az|oc|skopeo|buildah|crane|nuget|mongo|mongosh|sqlcmd|ldapsearch|7z|zip|unzip)\b"
        r".{0,200}?[ \t]-(?:p|P|w)[ \t]{0,4}[\"']?(?P<mixed>[^\s\"':/=]{8,200})",
        r"\bpass:(?P<value>[^\s\"'$]{6,100})",
        r"(?:\bIDENTIFIED)[ \t]{1,4}(?:WITH[ \t]{1,4}[\w']{1,40}[ \t]{1,4})?BY[ \t]{1,4}(?:PASSWORD[ \t]{1,4})?"
        r"'(?P<value>[^'\s]{4,200})'",
        r"(?:\b(?:ALTER|CREATE|SET)\b).{0,200}?\b(?:PASSWORD|SECRET)[ \t]{0,4}=?[ \t]{0,4}N?'(?P<value>[^'\s]{4,200})'",
        r"(?:\bmachine)[ \t]{1,4}\S{1,100}[ \t]{1,4}login[ \t]{1,4}\S{1,100}[ \t]{1,4}password[ \t]{1,8}"
        r"(?P<value>[^\s\"']{4,200})",
        r"(?:^)[ \t]{0,20}password[ \t]{1,8}(?P<blank>\S{4,200})[ \t]*$",
        r"(?:\b(?:HTTPBasicAuth|HTTPDigestAuth|BasicAuth|basic_auth|SetBasicAuth|NetworkCredential|login|auth))"
        r"[ \t]{0,4}[=(][ \t]{0,4}\(?[\"'][^\"'\s]{1,80}[\"'][ \t]{0,4},[ \t]{0,4}[\"'](?P<value>[^\"'\s]{4,200})[\"']",
        r"(?:\b(?:UsernamePasswordCredentials|Credentials|mysqli_connect|PDO|pg_connect|ftp_login|ldap_bind))\("
        r"(?:[^,()]{1,100},[ \t]{0,4}){1,2}[\"'](?P<mixed>[^\"'\s]{6,200})[\"']",
        r"(?:\bjwt)\.(?:en|de)?(?:code|sign|verify)\([^,()]{1,100},[ \t]{0,4}[\"'](?P<mixed>[^\"'\s]{8,200})[\"']",
        r"[\"'`]\w{1,40}:(?P<mixed>[^\s\"'`@/]{6,100})@(?:tcp|unix)\(",
        r"(?:\bnet[ \t]{1,4}use)\b.{0,200}?/user:\S{1,80}[ \t]{1,4}(?P<mixed>[^\s/]{6,100})",
        r"\bssh-keygen\b.{0,200}?[ \t]-[NP][ \t]{1,4}[\"']?(?P<mixed>[^\s\"']{6,100})",
        r"\becho[ \t]{1,4}[\"']?(?P<mixed>[^\s\"']{6,100})[\"']?[ \t]{0,4}\|[ \t]{0,4}"
        r"(?:sudo[ \t]{1,4}-S|docker|passwd|helm)",
        r"\bgetConnection\([^,]{1,200},[ \t]{0,4}\"[^\"\s]{1,80}\",[ \t]{0,4}\"(?P<value>[^\"\s]{4,200})\"",
        r"(?:\bConvertTo-SecureString)[ \t]{1,4}(?:-String[ \t]{1,4})?[\"'](?P<value>[^\"'\s]{4,200})[\"']",
        r"\bBasic[ \t]{1,4}(?P<basic>[A-Za-z0-9+/]{12,400}={0,2})",
        r"(?:[\"']_?auth)[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?(?P<basic>[A-Za-z0-9+/]{12,400}={0,2})",
        r":?\b_?auth[ \t]{0,4}=[ \t]{0,4}[\"']?(?P<basic>[A-Za-z0-9+/]{12,400}={0,2})",
        r"(?:\bclient-key-data)[\"']?[ \t]{0,4}:[ \t]{0,4}[\"']?(?P<random>[A-Za-z0-9+/]{40,4000}={0,2})",
    )
)
#: A line of `.pgpass`, and a login in an address. The password may have an `@` in it: the last one before the host is
#: the sign.
_PGPASS = re.compile(r"^[^:#\s]{1,100}:(?:\d{1,5}|\*):[^:\s]{1,100}:[^:\s]{1,100}:(?P<value>[^:\s]{4,200})$")
_ADDRESS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,30})://(?P<user>[^\s:/?#\[\]@\"'`<>()|,{}$]{0,100})"
    r":(?P<password>[^\s/?#\"'`<>(),]{3,200})@(?P<host>[\w.$\[{<%*-][^\s/?#\"'`<>@]{0,200})"
)
_TOKEN_ADDRESS = re.compile(r"https?://(?P<password>[A-Za-z0-9_-]{20,200})@(?P<host>[\w.-]{3,200})")
#: What some line must have, so that the expressions behind need not be tried.
GATE = re.compile(
    r"key|pass|pwd|psk|secret|contrase|passe|token|cred|auth|bearer|webhook|pw\b|pw[ \t]*[=:]|://|curl|mysql|maria"
    r"|docker|podman|redis-cli|sshpass|identified|basic|login|helm|\baz\b|skopeo|mongo|sqlcmd|7z|zip|nuget|http|ssh-keygen"
    r"|sudo|@tcp|@unix|jwt|getconnection|net use|pdo|mysqli|ldap_"
    r"|:\d{2,5}:",
    re.IGNORECASE,
)
_NAMED_GATE = re.compile(rf"{_PROMISING}|{_HINTING}", re.IGNORECASE)
_LOOK_BACK = re.compile(
    r"value|default|<string|^[ \t]*[^\s:=]+[ \t]*$|^[ \t]*[\"'][^\s]{4,300}[\"'][,;)]*[ \t]*$", re.IGNORECASE
)


class Noted(NamedTuple):
    """A name and its value, or a value whose surroundings say what it is."""

    value: str
    name: str  #: the promising name; empty where it only hints, or there is none
    rest: str  #: what follows it in the name
    how: str  #: `quoted`, `bare`, `blank`, `inline`, `address`, `known`, `random`, `basic`
    host: str = ""


def find(text: str, before: str) -> Iterator[Noted]:
    """What a line notes down; `before` are the lines before it, where a name may stand alone."""
    if "\\" in text:
        text = text.replace('\\"', '"').replace("\\'", "'")
    if "://" in text:
        yield from _addresses(text)
    for pattern in _KNOWN:
        for match in pattern.finditer(text):
            how, value = next((how, value) for how, value in match.groupdict().items() if value)
            yield Noted(value.strip("\"'"), "password", "", "known" if how == "value" else how)
    yield from (Noted(match["value"], "password", "", "blank") for match in _PGPASS.finditer(text))
    if _NAMED_GATE.search(text):
        for pattern, how in _HERE:
            for match in pattern.finditer(text):
                yield _noted(match, how)
    if before and _LOOK_BACK.search(text) and _NAMED_GATE.search(before):
        joined = f"{before}\n{text}"
        for pattern in (_PAIRED, _PLIST, _FOLDED, _BELOW):
            for match in pattern.finditer(joined, max(0, len(before) - 400)):
                if match.end() > len(before) + 1:
                    yield _noted(match, "" if pattern is _BELOW else "quoted")


_HERE = (
    (_ASSIGNED, ""), (_FALLBACK, "quoted"), (_CALLED, "quoted"), (_ELEMENT, "quoted"), (_PAIRED, "quoted"),
    (_PLIST, "quoted"), (_BLANK, "blank"), (_INLINE, "inline"), (_OPTION, "inline"), (_HEADER, "random"),
    (_LOOSE, "mixed"),
)  # fmt: skip


def _noted(match: "re.Match[str]", how: str) -> Noted:
    known = match.groupdict()
    value = known.get("quoted") or known.get("bare") or known.get("value") or ""
    how = how or ("quoted" if known.get("quoted") else "bare")
    name = known.get("promising") or known.get("promising2") or known.get("promising3") or ""
    return Noted(value, name, known.get("rest") or known.get("rest2") or known.get("rest3") or "", how)


def _addresses(text: str) -> Iterator[Noted]:
    for match in _ADDRESS.finditer(text):
        yield Noted(match["password"], match["user"], match["scheme"], "address", match["host"])
    for match in _TOKEN_ADDRESS.finditer(text):
        yield Noted(match["password"], "", "", "token address", match["host"])
