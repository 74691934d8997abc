"""How many secrets of a planted set are found, and how much of what is none is taken for one."""

import sysconfig
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest

from tests.integration.servers.planted_afterwards import ROWS as AFTERWARDS
from tests.integration.servers.planted_elsewhere import ROWS as ELSEWHERE
from tests.integration.servers.planted_kinds import ROWS as KINDS
from tests.integration.servers.planted_oddly import ROWS as ODDLY
from tests.integration.servers.planted_projects import ROWS as PROJECTS
from tests.integration.servers.planted_secrets import ROWS, Planted, planted
from workers.inspection.text import decoded
from workers.security.servers.scan.detectors import Detectors, Hit

DETECTORS = Detectors()
#: Well-known packages that every development environment has; their tests and texts are not in them.
SITE = sysconfig.get_path("purelib")
CLEAN = ("celery", "click", "cryptography", "httpx", "jinja2", "kombu", "redis", "requests", "starlette", "tornado")
#: Lines of each that are looked at, and lines for one that may be taken for a secret.
LINES, ONE_IN = 4_000, 20_000
LABELS = (
    ("i18n/de.json", '{"password": "Passwort", "client_secret": "Geheimnis", "password_label": "Kennwort"}'),
    ("locales/fr.yml", "password: Motdepasse"),
    ("src/routes.ts", 'export const PASSWORD_RESET_ROUTE = "password-reset/confirm";'),
    ("src/routes.ts", 'const tokenType = "access_token_v2";'),
    ("src/names.py", 'secret_name = "prod/app/database"'),
    ("src/form.html", '<input type="password" name="password" id="password-field" autocomplete="new-password">'),
    ("src/mail.py", 'token = "somebody@corp.example.org"'),
    ("src/mail.py", 'auth_user = "first.last+tag@corp.internal"'),
    ("settings.yaml", "admin_password: somebody@corp.example.org"),
    ("docs.py", 'parser.add_argument("--password", help="password", default=None)'),
    ("auth.py", 'password = password.encode("utf-8")'),
    ("auth.py", "secret = hmac.new(key, digestmod='sha256')"),
    ("package.json", '"password-prompt": "^1.1.2", "js-tokens": "~4.0.0"'),
    ("values.yaml", "existingSecret: my-release-secret"),
    ("deploy.yaml", "secretName: tls-certificate"),
    ("deploy.yaml", "passwordSecretRef: {name: db, key: password}"),
    ("main.tf", "password = var.db_password"),
    ("main.tf", "secret_arn = aws_secretsmanager_secret.db.arn"),
    ("app.js", "password: req.body.password,"),
    ("app.js", "const secret = process.env.SECRET;"),
    ("app.go", "password := os.Getenv(name)"),
    (".env.example", "DB_PASSWORD=changeme"),
    ("call.sh", 'curl -u "$USER:$PASSWORD" https://api.corp.internal/'),
    ("call.sh", "mysql -p"),
    ("call.sh", "mkdir -p build/output && cp -p a b"),
    ("README.md", "Set `API_KEY` to your key, and `password` to your password."),
)


def row(case: Planted) -> str:
    return f"{case.path}:{case.text[:40]!r}"


def found(case: Planted) -> list[Hit]:
    lines = decoded(case.text.encode()).split("\n")
    return [hit for hit in DETECTORS.scan(case.path, list(enumerate(lines, 1))) if hit.line <= case.line]


@pytest.mark.parametrize(
    ("rows", "least"),
    [(ROWS, 190), (ELSEWHERE, 200), (KINDS, 90), (AFTERWARDS, 90), (ODDLY, 110), (PROJECTS, 90)],
    ids=[
        "common notations",
        "what leaks look like",
        "put together, encoded, in tables, hashed, in other languages",
        "afterwards",
        "oddly",
        "files of projects",
    ],
)
def test_of_a_planted_set_at_least_95_in_100_are_found(rows: Sequence[tuple[str, str]], least: int) -> None:
    cases = [*planted(1, rows), *planted(2, rows)]
    missed = [row(case) for case in cases if not any(hit.severity != "low" for hit in found(case))]
    assert len(rows) >= least
    assert len(missed) <= len(cases) * 5 // 100, missed


@pytest.mark.parametrize(("path", "line"), LABELS)
def test_labels_routes_and_references_are_none(path: str, line: str) -> None:
    assert [hit for hit in DETECTORS.scan(path, [(1, line)]) if hit.severity != "low"] == []


@pytest.mark.parametrize(
    "address", ["postgres://u:p@w@h/db", "postgres://u:p@w@h", "amqp://app:a@1@mq.corp.internal:5672//"]
)
def test_a_short_password_whose_sign_nobody_encoded_is_found(address: str) -> None:
    assert [hit.severity for hit in DETECTORS.scan("db.py", [(1, f'DB = "{address}"')]) if hit.severity != "low"]


def clean_lines() -> Iterator[tuple[str, list[tuple[int, str]]]]:
    for package in CLEAN:
        folder, room = Path(SITE, package), LINES  # not by its import: kombu puts another module in its place
        assert folder.is_dir()
        for file in sorted(folder.rglob("*.py")):
            lines = list(islice(enumerate(decoded(file.read_bytes()).split("\n"), 1), room))
            yield f"{package}/{file.relative_to(folder)}", lines
            room -= len(lines)


def test_of_well_known_code_hardly_a_line_is_taken_for_a_secret() -> None:
    lines, wrong = 0, list[str]()
    for path, given in clean_lines():
        lines += len(given)
        wrong += [f"{path}:{hit.line} {hit.title}" for hit in DETECTORS.scan(path, given) if hit.severity != "low"]
    assert lines > ONE_IN
    assert len(wrong) <= lines // ONE_IN, wrong
