"""What counts as a secret, and what only looks like one. The secrets here are put together when the test runs."""

import time

import pytest

from workers.security.servers.scan.detectors import MAX_LINE, Detectors, Hit
from workers.security.servers.scan.naming import mask, stands_out
from workers.security.servers.scan.places import Place

DETECTORS = Detectors()

AWS = "{}IOSFODNN7EXAMPLE".format("AKIA")
GITHUB = "{}aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5".format("ghp_")  # pragma: allowlist secret
STRIPE = "{}4eC39HqLyjWDarjtT1zdp7dc".format("sk_live_")
HEX = "a8f5f167f44f4964" + "e6c998dee827110c"
PASSWORD = "hun" + "ter22"
HEADER = "-----BEGIN RSA " + "PRIVATE KEY-----"
KEY_BODY = "MIIEpAIBAAKCAQEA" * 4


def hits(path: str, *lines: str) -> list[Hit]:
    return list(DETECTORS.scan(path, list(enumerate(lines, 1))))


@pytest.mark.parametrize(
    ("path", "line", "title", "severity"),
    [
        ("app.py", f'key = "{AWS}"', "AWS Access Key", "critical"),
        ("app.py", f'boto3.client("s3", aws_access_key_id=get("{AWS}"))', "AWS Access Key", "critical"),
        ("notes.txt", f"the key is {AWS}.", "AWS Access Key", "critical"),
        ("tests/test_app.py", f'key = "{AWS}"', "AWS Access Key", "critical"),
        ("ci.yaml", f"token: {GITHUB}", "GitHub Token", "critical"),
        ("app.js", f'const stripe = "{STRIPE}";', "Stripe Access Key", "critical"),
        ("settings.yaml", f"  api_token: {HEX}", "Token", "medium"),
        ("settings.yaml", f"password: {PASSWORD}", "Secret keyword", "medium"),
        ("tests/fixtures/settings.yaml", f"password: {HEX}", "Secret keyword", "low"),
        (".env", f"SECRET_KEY={HEX}", "Secret keyword", "medium"),
        (".env.production", f"DATABASE_PASSWORD={PASSWORD}", "Secret keyword", "medium"),
        ("app.py", f'db = "postgres://me:{PASSWORD}@db/x"', "Basic Auth Credentials", "medium"),
        ("app.py", f'auth_token = "{HEX}"', "Token", "medium"),
        ("values.yaml", f"blob: {'aB3xY9kQ2mZ7' + 'pL5wN8vT4rC6jH1'}", "Base64 High Entropy string", "low"),
    ],
)
def test_a_secret_is_found(path: str, line: str, title: str, severity: str) -> None:
    (hit,) = hits(path, line)
    assert (hit.title, hit.severity, hit.line) == (title, severity, 1)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("app.py", "password = get_password('production')"),
        ("app.py", 'password = os.environ["DB_PASSWORD"]'),
        ("app.py", 'password: str = Field(default="", description="Password of the user")'),
        ("app.py", 'api_key = "YOUR_API_KEY"'),
        ("app.py", 'SECRET_KEY = "secret_key"'),
        ("deploy.yaml", "password: ${DB_PASSWORD}"),
        ("deploy.yaml", 'password: "{{ vault.password }}"'),
        ("deploy.yaml", "token: ${{ secrets.GITHUB_TOKEN }}"),
        ("deploy.yaml", "secrets: {risk: read}"),
        ("deploy.yaml", "name: secrets in files and history"),
        ("deploy.yaml", "password: ********"),
        ("lock.yaml", f"sha256: {HEX * 2}"),
        ("action.yml", f"uses: actions/checkout@{HEX}abcdef12  # commit"),
        ("ids.yaml", "user_id: 6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
        ("app.py", f'PATTERN = re.compile("{HEADER}")'),
        ("README.md", "Set GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        ("app.py", 'broker = "amqp://guest:guest@localhost"'),
        ("README.md", "Connect to postgres://user:password@host/db"),
        ("app.py", f'url = "https://me:{PASSWORD}@example.com/"'),
        ("app.py", 'ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"'),
        ("tests/test_login.py", f'password = "{PASSWORD}"'),
        ("tests/test_login.py", f'url = "redis://me:{PASSWORD}@server:6379"'),
        ("picture.svg", f'<image href="data:image/png;base64,iVBORw0KGgo{AWS}xyz"/>'),
    ],
)
def test_what_only_looks_like_one_is_not(path: str, line: str) -> None:
    assert hits(path, line) == []


def test_a_checksum_under_the_name_of_its_algorithm_is_none() -> None:
    assert hits("bom.json", '  "alg": "SHA-256",', f'  "content": "{HEX}{HEX}"') == []


def test_a_line_can_be_allowed() -> None:
    (hit,) = hits("app.py", f'key = "{AWS}"  # pragma: allowlist secret')
    assert hit.allowed


def test_the_next_line_can_be_allowed() -> None:
    (hit,) = hits("app.py", "# pragma: allowlist nextline secret", f'key = "{AWS}"')
    assert hit.allowed


def test_a_private_key_is_one_with_a_body() -> None:
    (hit,) = hits("id_rsa", HEADER, KEY_BODY, KEY_BODY)
    assert (hit.title, hit.severity, hit.line) == ("Private key", "critical", 1)
    assert hits("manual.md", f"A key begins with {HEADER}.") == []


def test_two_private_keys_are_two_secrets() -> None:
    other = KEY_BODY.replace("M", "N")
    first, second = hits("both.pem", HEADER, KEY_BODY, *[""] * 9, HEADER, other)
    assert first.value != second.value


def test_two_secrets_on_a_line_are_both_found() -> None:
    assert {hit.title for hit in hits("x.py", f'a, b = "{AWS}", "{STRIPE}"')} == {"AWS Access Key", "Stripe Access Key"}


def test_a_secret_is_named_once_however_many_rules_see_it() -> None:
    assert len(hits("x.yaml", f'aws_secret_token: "{AWS}"')) == 1


@pytest.mark.parametrize("before", [0, 3_990, 4_000, 7_600, 400_000])
def test_an_endless_line_is_looked_at_to_its_end(before: int) -> None:
    (hit,) = hits("min.txt", "a=" * (before // 2) + AWS + "=a" * 3_000)
    assert (hit.value, hit.line) == (AWS, 1)


HOSTILE = (
    *("password", "password=", "secret: '", "token.auth-", "://a:", "AKIA", "eyJ", "A1", "ibm_cos_hmac_secret", "'"),
    *("<password ", "name: password ", "--password", "curl -u a:", "mysql -", "basic ", '("password", ', "pw=", '\\"'),
    *("://a:b@", "auth=", "x-api-key:", "password is ", "<key>password</key> ", 'get("password") or ', "a:1:a:a:"),
    *("password='abc12345' # pragma: allowlist", "password\t", HEADER, "<!-- "),
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_line_however_hostile_takes_long(piece: str) -> None:
    started = time.process_time()
    hits("a.yaml", *[piece * (MAX_LINE // len(piece))] * 3)
    assert time.process_time() - started < 2


@pytest.mark.parametrize("name", ["cloudant_apikey", "ibm-cos-hmac_secret-access-key", "ibm_cloud_iam_api_key"])
def test_blanks_around_a_sign_are_as_one(name: str) -> None:
    """Shared out between three stars in every way, a line of blanks takes hours."""
    assert hits("a.json", f'["{name}"]{" " * (MAX_LINE - 50)}x', f'["{name}"]{" " * (MAX_LINE - 50)}="x"') == []
    (hit,) = hits("a.txt", f"cloudant_password =   {HEX * 2}")
    assert (hit.title, hit.value) == ("Cloudant Credentials", f"cloudant_password = {HEX * 2}")


def test_it_ends_when_told_that_it_is_enough() -> None:
    asked = iter([False, False, True])
    lines = [(number, f'"{AWS}"') for number in range(1, 1_000)]
    assert len(list(DETECTORS.scan("a.txt", lines, lambda: next(asked)))) == 200


def test_nothing_of_a_secret_shows_in_its_masked_form() -> None:
    (hit,) = hits("settings.yaml", f"password: {PASSWORD}")
    assert mask(hit) == f"••• ({len(PASSWORD)} characters)"


def test_a_known_form_shows_the_prefix_that_all_of_them_share() -> None:
    (hit,) = hits("x.py", f'key = "{AWS}"')
    assert mask(hit) == "AKIA••• (20 characters)"


@pytest.mark.parametrize(
    ("line", "redacted"),
    [
        (f"password: {AWS}", True),
        (f"password: {HEX}", True),
        ("password: Zx9" + "_kq7Lm2Qw", True),
        ("password: aet" + "her", False),
        ("password: post" + "gres-primary", False),
        (f"password: {PASSWORD}", False),
        ("url: redis://aether:aet" + "hernet@cache.internal/0", False),
    ],
)
def test_only_what_is_told_for_a_secret_anywhere_is_redacted_elsewhere(line: str, redacted: bool) -> None:
    (hit,) = hits("deploy.yaml", line)
    assert stands_out(hit) == redacted
    assert hit.value not in mask(hit)


@pytest.mark.parametrize("path", ["package-lock.json", "web/poetry.lock", "app.min.js", "logo.svg", "pnpm-lock.yaml"])
def test_a_generated_file_is_looked_at_but_what_is_random_there_is_none(path: str) -> None:
    assert Place.of(path).generated
    assert [hit.title for hit in hits(path, f'"resolved": "{HEX}{HEX}"', f'x = "{AWS}"')] == ["AWS Access Key"]


@pytest.mark.parametrize("path", ["app.py", ".env", "config/settings.yaml", "Dockerfile", "id_rsa"])
def test_other_files_are_not_generated(path: str) -> None:
    assert not Place.of(path).generated
