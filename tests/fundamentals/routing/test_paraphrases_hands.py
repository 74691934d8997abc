"""Ways people ask for what changes servers, databases, folders and infrastructure."""

import pytest

from aether_agents.planning.routing.matcher import Matcher
from aether_agents.settings.model import Settings
from aether_agents.specialists import load_specialists

PARAPHRASES: dict[str, tuple[str, ...]] = {
    "change_schema": (
        "apply the schema change ./change.sql to ./shop.db",
        "run the schema migration ./0042_tier.sql on our PostgreSQL database",
        "apply the schema migration ./add_note.sql to our database",
        "./change.sql のスキーマ変更を ./shop.db に適用して",
    ),
    "apply_terraform": (
        "Apply the Terraform configuration in ./infra",
        "apply terraform in ./infra",
        "deploy the infrastructure in ./infra with Terraform",
        "./infra の Terraform を適用して",
    ),
    "destroy_terraform": (
        "destroy the Terraform resources of ./infra",
        "tear down our Terraform infrastructure",
        "Terraform のインフラを削除して",
    ),
    "check_terraform_drift": (
        "check ./infra for Terraform drift",
        "is our Terraform infrastructure still as ./infra says?",
        "Terraform のドリフトを確認して",
    ),
    "inspect_databases": (
        "what is in this database?",
        "what is in ./shop.db?",
        "show the schema of postgresql://shop@db.example/shop",
        "show me the tables and columns of our PostgreSQL database",
        "このデータベースには何が入っていますか",
        "データベースのスキーマを表示して",
    ),
    "compare_schemas": (
        "compare the schemas of ./a.db and ./b.db",
        "compare the schemas of postgresql://shop@db.example/shop and mysql://shop@old.example/shop",
        "compare the database schemas of staging and production",
        "./a.db と ./b.db のスキーマを比較して",
    ),
    "migrate_mysql_to_postgresql": (
        "Migrate database from MySQL to PostgreSQL",
        "migrate our MySQL database to PostgreSQL",
        "move our MariaDB database to PostgreSQL",
        "データベースを MySQL から PostgreSQL に移行して",
        "MariaDB から PostgreSQL に移行して",
    ),
    "deploy_staged": (
        "Deploy monitoring stack for production environment",
        "deploy ./site.yaml to production, staging first",
        "ステージングの後に本番環境へデプロイして",
        "本番環境に監視スタックをデプロイして",
    ),
    "back_up_folder": (
        "back up the folder ./docs with restic",
        "back up this folder with restic",
        "./docs フォルダーを restic でバックアップして",
    ),
    "restore_folder": (
        "restore the folder ./docs from its restic backup",
        "restore this folder from its restic backup",
        "./docs フォルダーを restic から復元して",
    ),
    "apply_playbook": (
        "Apply the playbook ./site.yaml to our servers",
        "apply this playbook to the servers",
        "run this Ansible playbook on our servers",
        "roll this Ansible playbook out to all servers of the inventory",
        "./site.yaml をサーバーに適用して",
        "このプレイブックをサーバーに適用して",
    ),
    "check_drift": (
        "drift audit of our servers against ./site.yaml",
        "check our servers for drift against ./site.yaml",
        "check our servers for configuration drift",
        "サーバーの構成ドリフトを確認して",
    ),
    "check_servers_answer": (
        "which of our servers answer over SSH?",
        "ping all hosts of the inventory",
        "インベントリのサーバー一覧を表示して",
    ),
    "install_package_on_servers": (
        "install a package on all our servers",
        "install nginx on every host of the inventory",
        "すべてのサーバーにパッケージをインストールして",
    ),
    "set_service_on_servers": ("restart a service on all our servers", "すべてのサーバーでサービスを再起動して"),
    "set_user_on_servers": ("create a user account on all our servers", "すべてのサーバーにユーザーを作成して"),
    "write_file_on_servers": ("write a file with this text on all our servers",),
}


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    """All templates that ship."""
    return Matcher([template for one in load_specialists(Settings()) for template in one.templates])


def test_the_other_way_is_not_taken_for_it(matcher: Matcher) -> None:
    for text in ("Migrate database from PostgreSQL to MySQL", "PostgreSQL から MySQL に移行して"):
        assert matcher.match(text).verdict != "accept", text


@pytest.mark.parametrize("name", PARAPHRASES)
def test_a_sentence_finds_its_template(matcher: Matcher, name: str) -> None:
    found = {text: matcher.match(text) for text in PARAPHRASES[name]}
    assert {
        text: (match.verdict, match.reason, match.ranked[0].template.name)
        for text, match in found.items()
        if match.verdict != "accept" or match.ranked[0].template.name != name
    } == {}
