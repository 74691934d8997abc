"""Ways people put the data specialist's tasks, and requests that only sound like them. Read against every template."""

import pytest

from aether_agents.planning.routing.matcher import Matcher
from tests.fundamentals.routing.test_paraphrases import ALONE, WITH_STUBS

PARAPHRASES: dict[str, tuple[str, ...]] = {
    "load_tables": (
        "Load the CSV files in ./data into a database, check them and report",
        "Load the CSV files from ./exports into a database",
        "import these CSV files into DuckDB and check them for duplicates",
        "load ./data/orders.csv into a table and profile it",
        "ingest the JSON Lines files in ./events into a database",
        "Load the Parquet files in ./lake into DuckDB and check the data quality",
        "read the CSVs in ./in into tables and look for nulls and duplicate rows",
        "put the CSV files in this folder into a database and report wrong types",
        "load the dataset in ./data and check it for missing values",
        "please load all data files in ./data into a database and check the rules",
        "./data のCSVファイルをデータベースに読み込んで検査して",
        "CSVファイルをデータベースに取り込んで重複をチェックして",
        "./data のデータを読み込んで、欠損値と重複を報告して",
    ),
    "load_into_server": (
        "load ./orders.csv into our PostgreSQL server",
        "import the CSV files in ./exports into MySQL",
        "load ./prices.xlsx into MariaDB",
        "put ./orders.csv into a new PostgreSQL schema",
        "load ./data/orders.csv into mysql://shop@db/shop",
        "ingest the JSON files in ./events into PostgreSQL",
        "import ./data/customers.csv into postgresql://ann@db/shop",
        "load the spreadsheets in ./plans into our MySQL server",
        "CSVファイルを PostgreSQL に取り込んで",
        "./prices.xlsx を MariaDB に読み込んで",
    ),
    "grant_database_access": (
        "grant read access on postgresql://ann@db/shop to the role reader",
        "grant read access to the database to the role reporting",
        "grant write access on our PostgreSQL database to the role importer",
        "allow the role auditor to read our MySQL database",
        "grant a database role access to mysql://root@db/shop",
        "grant all privileges on the PostgreSQL database to the role importer",
        "grant the role reader read access to the database",
        "please grant a role read access to our MariaDB database",
        "データベースへの読み取り権限をロールに付与して",
        "PostgreSQL のデータベースの書き込み権限をロールに付与して",
    ),
    "revoke_database_access": (
        "revoke the access of the role reader to postgresql://ann@db/shop",
        "revoke write access from the role importer on the database",
        "revoke a role's access to our MySQL database",
        "revoke read access on the PostgreSQL database from the role reporting",
        "revoke write access on the database from the role importer",
        "revoke all privileges on the MySQL database from the role reader",
        "please revoke the role's access to our MariaDB database",
        "revoke write access of the role importer on mysql://root@db/shop",
        "データベースへの書き込み権限をロールから剥奪して",
        "PostgreSQL のデータベースの権限をロールから剥奪して",
    ),
    "clean_up_snapshots": (
        "clean up old restic snapshots",
        "remove the old restic snapshots and keep the newest 5",
        "delete restic snapshots older than 60 days",
        "delete old restic snapshots and keep the latest 4",
        "prune old snapshots of our restic repository",
        "delete the old snapshots in the restic repository",
        "clean up the restic repository and keep the newest 3 snapshots",
        "please remove old restic snapshots",
        "restic の古いスナップショットを削除して",
        "restic の古いスナップショットを消して",
    ),
    "report_on_snapshots": (
        "report on our restic snapshots",
        "report on the age of our restic snapshots",
        "check the age and proof of the restic snapshots",
        "how old are our restic snapshots?",
        "which folders have an old restic snapshot?",
        "report on the age and proof of every restic snapshot",
        "check our restic snapshots",
        "show the age of the restic snapshots",
        "restic のスナップショットの古さを報告して",
        "restic のスナップショットを確認して",
    ),
    "migrate_sqlite_to_server": (
        "migrate ./app.db from SQLite to PostgreSQL",
        "Migrate database from SQLite to MySQL",
        "move our SQLite database to PostgreSQL",
        "migrate the SQLite database ./var/app.db to MariaDB",
        "move ./app.db from SQLite over to MySQL",
        "migrate the SQLite file ./app.db to mysql://shop@db/shop",
        "move ./var/app.db from SQLite to PostgreSQL",
        "please migrate the SQLite file ./app.db to MariaDB",
        "SQLite のデータベースを PostgreSQL に移行して",
        "./app.db を SQLite から MariaDB に移行して",
    ),
    "back_up_database": (
        "Back up this database and prove that it restores",
        "back up ./shop.duckdb and test the restore",
        "Make a backup of our database and verify that it can be restored",
        "take a backup of the database and prove it restores",
        "Backup the database shop.duckdb and check the restore",
        "create a verified backup of this database",
        "I need a database backup with proof that it restores",
        "backup the database and compare the restored copy",
        "back up the SQLite database in ./var/app.db and verify the backup",
        "Please back up the database",
        "このデータベースをバックアップして復元できることを確認して",
        "データベースのバックアップを取って、リストアを検証して",
        "./shop.duckdb のデータベースをバックアップして",
    ),
    "restore_backup": (
        "Restore the backup of ./shop.db",
        "restore the database from last night's backup",
        "restore ./shop.duckdb from its backup",
        "restore ./crm.db from the backup",
        "restore the database ./var/app.db from its backup",
        "please restore our database from the backup",
        "restore shop.db from its backup",
        "get my database back from a backup",
        "restore yesterday's backup of the database",
        "このデータベースをバックアップから復元して",
        "./shop.db のバックアップをリストアして",
    ),
    "restore_postgresql_or_mysql": (
        "restore mysql://root@127.0.0.1:3306/shop from its backup",
        "restore postgresql://ann@db/shop from its backup",
        "restore the backup of mysql://root@db/shop",
        "restore mariadb://root@db/shop from the last backup",
        "restore postgresql://ann@db/shop from yesterday's backup",
        "restore postgresql://ann@db/shop",
        "please restore mysql://root@db/shop from the backup",
        "recover postgresql://ann@db/shop from its backup",
        "mysql://root@db/shop をバックアップから復元して",
        "postgresql://ann@db/shop のバックアップを復元して",
    ),
    "clean_up_backups": (
        "delete the old backups",
        "clean up the old backups in ./backups",
        "remove backups that are older than 30 days",
        "delete old backups but keep the newest 7",
        "clean up old backups",
        "delete the old backups in ./backups",
        "remove old backups",
        "remove the old backups in ./backups",
        "delete backups older than 60 days in ./backups",
        "古いバックアップを消して",
        "古いバックアップを削除して",
    ),
    "report_on_backups": (
        "report on the age and proof of every backup",
        "check the age of the backups in ./backups",
        "report the age of all backups",
        "report on the age and proof of the backups",
        "report on the age of the backups in ./backups",
        "check the age and proof of all our backups",
        "check the age of every backup",
        "report on the age and proof of each backup in ./backups",
        "report the age of every backup in ./backups",
        "バックアップの古さを報告して",
        "すべてのバックアップの古さを報告して",
    ),
}

NEAR_MISSES = (
    "drop the customers table",
    "delete the database",
    "restore the production database over the current one",
    "truncate all tables in the database",
    "encrypt the database backups",
    "schedule a backup of the database every night",
    "delete duplicate rows from the customers table",
    "upload the CSV files to the warehouse",
    "load test the database",
    "migrate the database to Oracle",
    "email the CSV files in ./data to the customer",
    "remove the null values from the CSV files",
    "back up my home folder",
    "backup the kubernetes cluster",
    "update the prices in the orders table",
    "convert the CSV files to Excel",
    "how do I load a CSV file into a database?",
    "what is a database backup?",
    "顧客テーブルを削除して",
    "CSVファイルの重複行を削除して",
)


@pytest.mark.parametrize("matcher", [ALONE, WITH_STUBS], ids=["alone", "with stubs"])
@pytest.mark.parametrize("name", PARAPHRASES)
def test_every_paraphrase_finds_its_template(matcher: Matcher, name: str) -> None:
    found = {text: matcher.match(text) for text in PARAPHRASES[name]}
    assert {text: (match.verdict, match.reason) for text, match in found.items() if match.verdict != "accept"} == {}
    assert {match.accepted.name for match in found.values() if match.accepted} == {name}


@pytest.mark.parametrize("matcher", [ALONE, WITH_STUBS], ids=["alone", "with stubs"])
def test_every_near_miss_is_asked_about_or_refused(matcher: Matcher) -> None:
    found = {text: matcher.match(text) for text in NEAR_MISSES}
    assert {text: match.ranked[0].template.name for text, match in found.items() if match.accepted} == {}
    assert all(match.reason for match in found.values())


def test_each_sentence_has_ten_paraphrases_of_which_two_are_japanese() -> None:
    for texts in PARAPHRASES.values():
        assert len(texts) >= 10
        assert sum(not text.isascii() for text in texts) >= 2
