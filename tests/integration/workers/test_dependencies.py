"""The server `dependencies`: planted pins against a fake advisory service, and no service at all."""

import socket
from collections.abc import Iterator

import pytest

from tests.integration.workers.conftest import Talk
from tests.integration.workers.fakes import FakeAdvisories, advisories
from tests.integration.workers.planted import Planted


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAdvisories]:
    with advisories() as service:
        yield service


def test_a_vulnerable_pin_is_found_where_it_stands(
    dependencies: Talk, repository: Planted, fake: FakeAdvisories
) -> None:
    repository.write("requirements.txt", "harmless==2.0\n# a comment\nPlanted==1.0 \\\n  --hash=sha256:aa\n")
    repository.write("uv.lock", 'version = 1\n[[package]]\nname = "planted"\nversion = "1.2.3"\n')
    result = dependencies.call("audit", path=str(repository.folder), advisories=fake.url)
    (finding,) = result["findings"]
    assert (finding["rule"], finding["file"], finding["line"]) == ("CVE-2018-99999", "requirements.txt", 3)
    assert "GHSA-test-0000-0001" in finding["detail"]
    assert "Fixed in 1.2.3" in finding["detail"]
    assert (result["status"], result["coverage"]["packages"], result["coverage"]["gaps"]) == ("fail", 3, [])
    assert set(fake.asked) >= {("harmless", "2.0"), ("planted", "1.0"), ("planted", "1.2.3")}


def test_pins_that_are_all_known_and_harmless_pass(
    dependencies: Talk, repository: Planted, fake: FakeAdvisories
) -> None:
    repository.write("requirements.txt", "harmless==2.0\n")
    result = dependencies.call("audit", path=str(repository.folder), advisories=fake.url)
    assert (result["status"], result["summary"]) == ("pass", "no findings in 1 file and 1 package")


def test_what_was_not_looked_up_is_never_clean(dependencies: Talk, repository: Planted, fake: FakeAdvisories) -> None:
    repository.write("requirements.txt", "harmless==2.0\nloose>=1\n-r ../outside.txt\nx @ https://example.org/x.whl\n")
    repository.write("web/package-lock.json", "{}")
    result = dependencies.call("audit", path=str(repository.folder), advisories=fake.url)
    gaps = "\n".join(result["coverage"]["gaps"])
    assert (result["status"], result["coverage"]["packages"]) == ("inconclusive", 1)
    for told in ("requirements.txt:2: loose>=1", "requirements.txt:3", "requirements.txt:4", "web/package-lock.json"):
        assert told in gaps


@pytest.mark.parametrize("broken", ["nobody listens", "it fails"])
def test_without_an_advisory_service_it_is_inconclusive(
    dependencies: Talk, repository: Planted, fake: FakeAdvisories, broken: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/v1/query"
    repository.write("requirements.txt", "breaks==1.0\n")
    address = nobody if broken == "nobody listens" else fake.url
    result = dependencies.call("audit", path=str(repository.folder), advisories=address)
    assert (result["status"], result["coverage"]["packages"]) == ("inconclusive", 0)
    assert result["coverage"]["gaps"][0].startswith("1 of 1 pinned versions were not looked up: the advisory service")


def test_nothing_of_the_folder_is_run(dependencies: Talk, repository: Planted, fake: FakeAdvisories) -> None:
    mark = repository.folder.parent / "ran"
    for name in ("setup.py", "pip_audit.py", "sitecustomize.py"):
        repository.write(name, f"open({str(mark)!r}, 'w')  # install_requires\n")
    repository.write("requirements.txt", "-e .\n--index-url http://127.0.0.1:9/\nharmless==2.0\n")
    result = dependencies.call("audit", path=str(repository.folder), advisories=fake.url)
    assert not mark.exists()
    assert "setup.py" in "\n".join(result["coverage"]["gaps"])
