"""What may not be seen is redacted in every form that programs put it into."""

import base64
import html
import json
import quopri
import re
import shlex
from urllib.parse import quote, quote_plus

import pytest

from aether_agents.process.redaction import MASK, Redactor

SECRETS = (
    "hunter2-and-more",
    "pä55wörd/mit+allem",
    "s3cr3t",
    'it\'s <5> \\& "quoted"',
    "AbCdEf0123456789AbCdEf0123456789",
)


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


FORMS = {
    "itself": str,
    "upper": str.upper,
    "lower": str.lower,
    "JSON": json.dumps,
    "JSON without escapes": lambda text: json.dumps(text, ensure_ascii=False),
    "quoted": quote,
    "quoted wholly": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "quoted in lower case": lambda text: re.sub("%..", lambda found: found[0].lower(), quote(text, safe="")),
    "percent": percent,
    "percent in lower case": lambda text: percent(text).lower(),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "hex with signs": lambda text: text.encode().hex(":"),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "JSON in JSON without escapes": lambda text: json.dumps(json.dumps(text, ensure_ascii=False), ensure_ascii=False),
    "Python": repr,
    "a page": html.escape,
    "a shell": shlex.quote,
    "SQL": lambda text: text.replace("'", "''"),
    "quoted twice": lambda text: quote(quote(text, safe=""), safe=""),
    "quoted-printable": lambda text: quopri.encodestring(text.encode()).decode(),
    "quoted-printable wholly": lambda text: "".join(f"={byte:02X}" for byte in text.encode()),
    "escapes of JSON": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "escapes of C": lambda text: "".join(f"\\x{ord(char):02x}" for char in text),
    "entities": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "entities in hex": lambda text: "".join(f"&#x{ord(char):X};" for char in text),
    "UTF-16 in base64": lambda text: base64.b64encode(text.encode("utf-16-le")).decode().rstrip("="),
    "base32": lambda text: base64.b32encode(text.encode()).decode().rstrip("="),
}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_redacted(secret: str, form: str) -> None:
    said = FORMS[form](secret)
    shown = Redactor([secret]).text(f"before {said} after")
    assert MASK in shown
    assert said.strip('"') not in shown


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("user", ["", "a", "bo", "eve", "alice", "someone@example.com"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_is_redacted_wherever_it_begins(secret: str, user: str, encode: object) -> None:
    for after in ("", "x", "xy", " and more of it"):
        said = encode(f"{user}:{secret}{after}".encode()).decode()  # type: ignore[operator]
        shown = Redactor([secret]).text(f"Authorization: Basic {said}")
        assert MASK in shown
        left = shown.removeprefix("Authorization: Basic ").split(MASK)
        assert len(left) == 2
        assert len(left[0]) <= len(user) * 4 // 3 + 4, "of the secret itself, less than a character may be left"
        assert len(left[1]) <= len(after) * 4 // 3 + 5


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("before", ["", "a", "bo", "eve", "alic"])
def test_base32_and_base64_of_wide_letters_are_redacted_wherever_they_begin(secret: str, before: str) -> None:
    assert MASK in Redactor([secret]).text(base64.b32encode(f"{before}{secret} and more".encode()).decode())
    for coding in ("utf-16-le", "utf-16-be", "utf-16"):
        said = base64.b64encode(f"{before}{secret} and more".encode(coding)).decode()
        assert MASK in Redactor([secret]).text(said)


def test_the_end_first_is_redacted_where_it_is_no_word() -> None:
    assert Redactor(["hunter2-and-more"]).text("erom-dna-2retnuh") == MASK
    assert Redactor(["loop"]).text("a pool") == "a pool"


def test_what_is_no_secret_stays() -> None:
    text = "The quick brown fox reads 0123 files of c2VjcmV0 and %20 blanks"
    assert Redactor(SECRETS).text(text) == text


def test_it_is_redacted_of_every_part_of_a_value() -> None:
    hidden = Redactor(["hunter2-and-more"])
    assert hidden.value({"hunter2-and-more": ["x", {"a": "HUNTER2-AND-MORE"}]}) == {MASK: ["x", {"a": MASK}]}
