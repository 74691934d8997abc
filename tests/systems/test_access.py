"""Who may do what in a database: previewed, granted, read back in effect, and taken back by the inverse."""

from typing import Any

import pytest

from tests.integration.workers.conftest import Talk
from tests.systems.conftest import System

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def shop(system: System) -> dict[str, Any]:
    """Either server with its shop, and without the roles of earlier tests; what the tools are told of it."""
    if system.address.startswith("postgres"):
        system.sql("DROP ROLE IF EXISTS reader; DROP ROLE IF EXISTS everyone;", "postgres")
    else:
        system.sql("DROP USER IF EXISTS reader@'%';", "mysql")
    return {"address": f"{system.address}/shop", "password_file": str(system.password_file), "role": "reader"}


def change(schemas: Talk, told: dict[str, Any]) -> dict[str, Any]:
    plan = schemas.call("plan_access", **told)
    return schemas.call("change_access", **told, digest=plan["digest"])


def test_an_access_is_granted_narrowed_and_taken_back(schemas: Talk, system: System, shop: dict[str, Any]) -> None:
    read = {**shop, "action": "grant", "access": "read"}
    plan = schemas.call("plan_access", **read)
    assert plan["items"][0] == {
        "kind": "create", "what": f"role {'reader' if 'postgres' in shop['address'] else 'reader@%'}",
        "detail": "nobody can log in as it yet",
    }  # fmt: skip
    assert (plan["counts"]["dangerous"], "GRANT SELECT ON" in plan["diff"]) == (0, True)
    assert schemas.call("check_access", **read)["status"] == "fail"
    made = schemas.call("change_access", **read, digest=plan["digest"])
    assert (made["made"], schemas.call("check_access", **read)["status"]) == (True, "pass")
    assert "nothing would change" in schemas.refusal("plan_access", **read)
    write = {**shop, "action": "grant", "access": "write"}
    more = change(schemas, write)
    assert (more["made"], schemas.call("check_access", **write)["status"]) == (False, "pass")
    said = schemas.refusal("undo_access", **shop, action="grant", made=True, privileges=made["privileges"])
    assert "was given more since" in said
    gone = {**shop, "action": "revoke", "access": "write"}
    took = change(schemas, gone)
    assert schemas.call("check_access", **gone)["status"] == "pass"
    assert schemas.call("check_access", **read)["status"] == "pass"  # who may no longer write may read still
    schemas.call("undo_access", **shop, action="revoke", made=False, privileges=took["privileges"])
    assert schemas.call("check_access", **write)["status"] == "pass"
    schemas.call("undo_access", **shop, action="grant", made=False, privileges=more["privileges"])
    schemas.call("undo_access", **shop, action="grant", made=True, privileges=made["privileges"])
    assert "there is no role" in schemas.refusal("plan_access", **gone)


def test_what_is_dangerous_is_said_first_and_what_drifted_is_refused(
    schemas: Talk, system: System, shop: dict[str, Any]
) -> None:
    postgres = shop["address"].startswith("postgres")
    whole = schemas.call("plan_access", **shop, action="grant", access="superuser")
    assert (whole["items"][0]["kind"], "DANGEROUS" in whole["items"][0]["detail"]) == ("replace", True)
    every = schemas.call("plan_access", **shop, action="grant", access="all")
    assert "DANGEROUS" in every["items"][0]["detail"]
    if postgres:
        public = schemas.call("plan_access", **{**shop, "role": "public"}, action="grant", access="read")
        assert "every role of" in public["items"][0]["detail"]
        system.sql("CREATE ROLE reader; GRANT SELECT ON orders TO reader;")
    else:
        assert "PUBLIC" in schemas.refusal("plan_access", **{**shop, "role": "public"}, action="grant", access="read")
        system.sql("CREATE USER reader@'%'; GRANT INSERT ON shop.* TO reader@'%';")
    said = schemas.refusal("change_access", **shop, action="grant", access="all", digest=every["digest"])
    assert "has changed since the preview: nothing was done" in said
    user = "postgres" if postgres else "root"
    own = schemas.refusal("plan_access", **{**shop, "role": user}, action="revoke", access="all")
    assert "who this logs in as" in own
    hostile = schemas.refusal("plan_access", **{**shop, "role": 'x"; DROP ROLE y; --'}, action="grant", access="read")
    assert "is no name" in hostile


def test_revoked_by_name_but_held_by_another_way_is_not_called_done(
    schemas: Talk, system: System, shop: dict[str, Any]
) -> None:
    """A member keeps what its group may do; an account with a right on everything keeps it on this database."""
    if shop["address"].startswith("postgres"):
        system.sql("CREATE ROLE reader; CREATE ROLE everyone; GRANT everyone TO reader;")
        system.sql("GRANT SELECT ON orders TO everyone; GRANT SELECT ON orders TO reader;")
    else:
        system.sql("CREATE USER reader@'%'; GRANT SELECT ON *.* TO reader@'%'; GRANT SELECT ON shop.* TO reader@'%';")
    gone = {**shop, "action": "revoke", "access": "read"}
    change(schemas, gone)
    found = schemas.call("check_access", **gone)
    assert (found["status"], "can do it still" in found["findings"][0]["detail"]) == ("fail", True)
