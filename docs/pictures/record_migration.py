"""Record "Migrate database from MySQL to PostgreSQL", typed so, as `screen-migrate.svg`: on a MariaDB and a PostgreSQL.

`.venv/bin/python docs/pictures/record_migration.py`; it needs mariadbd, initdb, postgres and pgloader, and starts both
servers in folders of their own, on loopback.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from record import HERE, PATH, picture, shown

SAY = 'aether-agent execute "Migrate database from MySQL to PostgreSQL"'
SHOP = """CREATE DATABASE shop; USE shop;
CREATE TABLE customers (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80), active TINYINT(1) NOT NULL DEFAULT 1);
CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, customer INT, amount DECIMAL(12, 2), on_day DATE,
  FOREIGN KEY (customer) REFERENCES customers(id));
INSERT INTO customers (name) SELECT CONCAT('customer ', seq) FROM seq_1_to_200;
INSERT INTO orders (customer, amount, on_day) SELECT 1 + seq % 200, seq / 7, '2024-01-01' + INTERVAL seq % 366 DAY
  FROM seq_1_to_2000;
CREATE USER shop@'127.0.0.1'; GRANT ALL ON *.* TO shop@'127.0.0.1';
"""
SEARCH = f"{os.environ['PATH']}:/usr/sbin:/usr/lib/postgresql/15/bin:/usr/lib/postgresql/17/bin"
MARIA, POSTGRES = 13306, 15432


def program(name: str) -> str:
    """Where a program is."""
    found = shutil.which(name, path=SEARCH)
    if found is None:
        raise SystemExit(f"`{name}` is not installed")
    return found


@contextmanager
def running(command: list[str], user: str | None) -> Iterator[None]:
    """A server, ended with this."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=user) as process:
        try:
            yield
        finally:
            process.terminate()


def filled(client: list[str], sql: str) -> None:
    """Give a server statements, as soon as it answers."""
    end = time.monotonic() + 30
    while subprocess.run(client, input="SELECT 1;", text=True, capture_output=True, check=False).returncode:
        if time.monotonic() > end:
            raise SystemExit(f"{client[0]} does not answer")
        time.sleep(0.2)
    subprocess.run(client, input=sql, text=True, capture_output=True, check=True)


def main() -> None:
    """Both servers, the sentence, the picture."""
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="aether-") as folder, ExitStack() as stack:
        base = Path(folder)
        base.chmod(0o755)
        for name in ("pg", "maria", "home", "shop"):
            (base / name).mkdir()
        owners = {"pg": "postgres" if root else None, "maria": "mysql" if root else None}
        for name, owner in owners.items():
            if owner:
                shutil.chown(base / name, owner)
        data = [f"--datadir={base}/maria/data", *([f"--user={owners['maria']}"] if root else [])]
        made = [program("mariadb-install-db"), "--no-defaults", *data, "--auth-root-authentication-method=normal"]
        subprocess.run(made, check=True, capture_output=True)
        subprocess.run(
            [program("initdb"), "-D", f"{base}/pg/data", "-U", "shop", "-A", "trust"],
            user=owners["pg"],
            check=True,
            capture_output=True,
        )
        maria = [program("mariadbd"), "--no-defaults", *data, f"--port={MARIA}", "--bind-address=127.0.0.1"]
        stack.enter_context(running([*maria, f"--socket={base}/maria/socket", "--skip-name-resolve"], None))
        postgres = [
            program("postgres"),
            "-D",
            f"{base}/pg/data",
            "-p",
            str(POSTGRES),
            "-h",
            "127.0.0.1",
            "-k",
            f"{base}/pg",
        ]
        stack.enter_context(running(postgres, owners["pg"]))
        filled([program("mariadb"), "--no-defaults", f"--socket={base}/maria/socket", "-uroot"], SHOP)
        filled(
            [program("psql"), "-h", "127.0.0.1", "-p", str(POSTGRES), "-U", "shop", "postgres"], "CREATE DATABASE shop;"
        )
        source, target = f"mysql://shop@127.0.0.1:{MARIA}/shop", f"postgresql://shop@127.0.0.1:{POSTGRES}/shop"
        home = base / "home"
        answers = [f"{source}\r".encode(), f"{target}\r".encode(), b"y\r"]
        screen = shown(SAY, answers, base / "shop", home)
        (HERE / "screen-migrate.svg").write_text(picture(screen, SAY), encoding="utf-8")
        environment = {"PATH": PATH, "HOME": str(home), "AETHER_HOME": str(home / "aether")}
        subprocess.run(["aether-agent", "down"], env=environment, check=False)


if __name__ == "__main__":
    main()
