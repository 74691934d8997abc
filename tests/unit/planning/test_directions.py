"""Thirty templates that differ by deed and direction alone, none of which declares them: their headlines decide."""

import pytest

from aether_agents.planning.routing.goals import read_goals
from aether_agents.planning.routing.matcher import Matcher

from .toolshed import template

TEMPLATES = {
    "scale_up_service": "Scale a service up to more replicas",
    "scale_down_service": "Scale a service down to fewer replicas",
    "postgres_to_mysql": "Migrate a database from PostgreSQL to MySQL",
    "restore_database": "Restore a database from a backup",
    "back_up_database": "Back up a database",
    "enable_maintenance": "Enable maintenance mode of a service",
    "disable_maintenance": "Disable maintenance mode of a service",
    "open_port": "Open a port in the firewall",
    "close_port": "Close a port in the firewall",
    "grant_access": "Grant a user access to a repository",
    "revoke_access": "Revoke a user's access to a repository",
    "start_service": "Start a service",
    "stop_service": "Stop a service",
    "encrypt_volume": "Encrypt a volume",
    "decrypt_volume": "Decrypt a volume",
    "upgrade_cluster": "Upgrade a Kubernetes cluster to a newer version",
    "downgrade_cluster": "Downgrade a Kubernetes cluster to an older version",
    "upload_artifact": "Upload an artifact to the registry",
    "download_artifact": "Download an artifact from the registry",
    "deploy_release": "Deploy a release to an environment",
    "roll_back_release": "Roll back a release in an environment",
    "lock_account": "Lock a user account",
    "unlock_account": "Unlock a user account",
    "apply_terraform": "Apply the Terraform plan of an environment",
    "plan_terraform": "Show the Terraform plan of an environment",
    "rotate_keys": "Rotate the API keys of a service",
    "purge_cache": "Purge the cache of a service",
    "warm_cache": "Warm the cache of a service",
    "drain_node": "Drain a Kubernetes node",
    "list_commits": "List who committed to a repository",
}
ALL = Matcher([template(name, description=does) for name, does in TEMPLATES.items()])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("scale the service down to fewer replicas", "scale_down_service"),
        ("scale up the service", "scale_up_service"),
        ("reduce the replicas of the service", "scale_down_service"),
        ("double the replicas of the service", "scale_up_service"),
        ("migrate the database from MySQL to PostgreSQL", None),
        ("migrate the database from PostgreSQL to MySQL", "postgres_to_mysql"),
        ("restore the database from the backup", "restore_database"),
        ("restore the backup of the database", "restore_database"),
        ("enable maintenance mode of the service", "enable_maintenance"),
        ("turn off maintenance mode of the service", "disable_maintenance"),
        ("turn on maintenance mode of the service", "enable_maintenance"),
        ("close the port in the firewall", "close_port"),
        ("open a port in the firewall", "open_port"),
        ("revoke access to the repository for the user", "revoke_access"),
        ("grant the user access to the repository", "grant_access"),
        ("stop the service", "stop_service"),
        ("start the service", "start_service"),
        ("restart the service", None),
        ("decrypt the volume", "decrypt_volume"),
        ("encrypt the volume", "encrypt_volume"),
        ("downgrade the kubernetes cluster", "downgrade_cluster"),
        ("upgrade the kubernetes cluster", "upgrade_cluster"),
        ("download the artifact from the registry", "download_artifact"),
        ("upload the artifact to the registry", "upload_artifact"),
        ("roll back the release", "roll_back_release"),
        ("deploy the release", "deploy_release"),
        ("unlock the user account", "unlock_account"),
        ("lock the user account", "lock_account"),
        ("apply the terraform plan", "apply_terraform"),
        ("show the terraform plan", "plan_terraform"),
        ("who committed to the repository?", None),
        ("delete the keys of the service", None),
        ("the service must not be stopped", None),
        ("データベースを復元して", "restore_database"),
        ("サービスを停止して", "stop_service"),
        ("サービスを開始して", "start_service"),
        ("サービスを起動して", "start_service"),
        ("purge the cache", "purge_cache"),
        ("uncordon the kubernetes node", None),
        ("キャッシュを消して", "purge_cache"),
        ("PostgreSQLからMySQLに移行して", "postgres_to_mysql"),
        ("MySQLからPostgreSQLにデータベースを移行して", None),
    ],
)
def test_the_headline_says_what_a_template_does_and_which_way(text: str, name: str | None) -> None:
    goals = read_goals(ALL, text).goals
    assert [goal.template.name for goal in goals] == ([name] if name else [])
