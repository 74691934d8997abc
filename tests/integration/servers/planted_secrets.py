"""Secrets in the notations of many tools, languages and protocols. They are put together when the test runs.

Each row is a file and its text; `§n` stands for a secret of n letters and digits, `§` alone for a password with signs,
`§hex`, `§b64` and `§login` for others. What is found must be in that file, at the line of the secret.
"""

import base64
import random
import re
import string
from collections.abc import Iterator, Sequence
from typing import NamedTuple

ROWS: tuple[tuple[str, str], ...] = (
    # package managers
    (".npmrc", "//registry.corp.internal/:_authToken=§36\n"),
    (".npmrc", "//registry.corp.internal/:_password=§b64\n"),
    (".npmrc", "_auth=§login\n"),
    (".yarnrc.yml", 'npmRegistryServer: "https://npm.corp.internal"\nnpmAuthToken: "§32"\n'),
    (".pypirc", "[pypi]\nusername = someuser\npassword = §20\n"),
    ("pip.conf", "[global]\nindex-url = https://deploy:§20@pypi.corp.internal/simple\n"),
    ("requirements.txt", "--extra-index-url https://build:§20@pypi.corp.internal/simple\nflask==3.0\n"),
    ("poetry.lock", '[package.source]\nurl = "https://ci:§24@pypi.corp.internal/simple"\n'),
    ("package-lock.json", '"resolved": "https://ci:§24@npm.corp.internal/x/-/x-1.0.0.tgz",\n'),
    ("yarn.lock", '  resolved "https://npm.corp.internal/x.tgz?token=§32"\n'),
    ("go.sum", "https://§40@git.corp.internal/team/module v1.0.0\n"),
    ("auth.json", '{"http-basic": {"repo.corp.internal": {"username": "ci", "password": "§16"}}}\n'),
    ("settings.xml", "<server><id>n</id><username>deploy</username><password>§16</password></server>\n"),
    ("gradle.properties", "signing.keyId=24875D73\nsigning.password=§16\nnexusPassword=§16\n"),
    ("nuget.config", '<add key="ClearTextPassword" value="§20" />\n'),
    (".gem/credentials", "---\n:rubygems_api_key: §32\n"),
    (".cargo/credentials.toml", '[registry]\ntoken = "§32"\n'),
    (".composer/auth.json", '{"github-oauth": {"github.com": "x"}, "bearer": {"repo.corp.internal": "§40"}}\n'),
    # containers and orchestration
    ("Dockerfile", "FROM debian\nENV DB_PASSWORD=§20\n"),
    ("Dockerfile", "FROM debian\nENV API_TOKEN §32\n"),
    ("Dockerfile.prod", "ARG NPM_TOKEN=§36\n"),
    ("docker-compose.yml", "    environment:\n      - POSTGRES_PASSWORD=§16\n"),
    ("docker-compose.yml", "    environment:\n      MYSQL_ROOT_PASSWORD: §16\n"),
    (".docker/config.json", '{"auths": {"https://index.docker.io/v1/": {"auth": "§login"}}}\n'),
    ("deploy.yaml", "        - name: DB_PASSWORD\n          value: §20\n"),
    ("deploy.json", '{"name": "API_SECRET", "value": "§24"}\n'),
    ("task.json", '    {\n      "name": "DATABASE_PASSWORD",\n      "value": "§20"\n    }\n'),
    ("secret.yaml", "kind: Secret\nstringData:\n  password: §16\n"),
    ("secret.yaml", "kind: Secret\ndata:\n  password: §b64\n"),
    ("kubeconfig", "users:\n- name: admin\n  user:\n    client-key-data: §key64\n"),
    ("kubeconfig", "users:\n- name: admin\n  user:\n    token: §40\n"),
    ("values.yaml", "auth:\n  rootPassword: §20\n"),
    ("values.yaml", "adminPassword: >-\n  §24\n"),
    ("values.yaml", "client_secret: |\n    §24\n"),
    ("deploy.sh", "kubectl create secret generic db --from-literal=password=§20 --dry-run=client\n"),
    ("deploy.sh", "helm install db bitnami/postgresql --set auth.postgresPassword=§20\n"),
    # infrastructure
    ("main.tf", 'resource "aws_db_instance" "db" {\n  password = "§20"\n}\n'),
    ("variables.tf", 'variable "db_password" {\n  type = string\n  default = "§20"\n}\n'),
    ("prod.tfvars", 'admin_password = "§20"\n'),
    ("stack.yaml", "  MasterUserPassword: §20\n"),
    ("playbook.yml", "      become_password: §20\n"),
    ("inventory.ini", "db1 ansible_host=10.0.0.5 ansible_user=root ansible_ssh_pass=§16\n"),
    ("group_vars/all.yml", 'vault_admin_password: "§"\n'),
    ("Vagrantfile", '  config.ssh.password = "§16"\n'),
    ("Jenkinsfile", "    environment { SONAR_TOKEN = '§40' }\n"),
    (".gitlab-ci.yml", "variables:\n  DEPLOY_TOKEN: §32\n"),
    (".github/workflows/ci.yml", "        env:\n          API_KEY: §32\n"),
    (".travis.yml", "env:\n  global:\n    - DB_PASS=§16\n"),
    # programs
    ("app.py", 'password = "§20"\n'),
    ("app.py", "conn = connect(host='db', user='app', password='§16')\n"),
    ("app.py", 'DATABASES = {"default": {"USER": "app", "PASSWORD": "§16"}}\n'),
    ("app.py", 'SECRET_KEY = "§"\n'),
    ("app.py", 'api_key: str = "§32"\n'),
    ("app.py", 'API_KEY = os.getenv("API_KEY", "§32")\n'),
    ("app.py", 'token = os.environ.get("TOKEN") or "§32"\n'),
    ("app.py", 'requests.get(url, auth=("admin", "§16"))\n'),
    ("app.py", 'headers = {"X-Api-Key": "§32"}\n'),
    ("app.py", 'headers = {"Authorization": "Bearer §40"}\n'),
    ("app.py", 'os.environ["SMTP_PASSWORD"] = "§16"\n'),
    ("app.py", 'client.set_password("§16")\n'),
    ("app.py", 'server.login("robot@corp.internal", "§16")\n'),
    ("app.py", 'aws_secret_access_key = "§40"\n'),
    ("app.py", "# old password: '§16'\n"),
    ("notebook.ipynb", '   "source": [\n    "api_key = \\"§32\\"\\n",\n'),
    ("notebook.ipynb", '    "password=\\"§16\\"\\n",\n'),
    ("app.js", "const apiKey = '§32';\n"),
    ("app.js", 'const config = { user: "app", password: "§16" };\n'),
    ("app.js", "const secret = process.env.JWT_SECRET || '§24';\n"),
    ("app.ts", 'private readonly clientSecret: string = "§32";\n'),
    ("app.jsx", "fetch(url, {headers: {'Authorization': `Bearer §40`}});\n"),
    ("app.min.js", 'var a=1;function b(){return{user:"x",apiSecret:"§32"}}\n'),
    ("Main.java", 'private static final String DB_PASSWORD = "§16";\n'),
    ("Main.java", 'dataSource.setPassword("§16");\n'),
    ("Main.java", 'System.setProperty("javax.net.ssl.keyStorePassword", "§16");\n'),
    ("Main.java", 'DriverManager.getConnection("jdbc:mysql://db/x", "app", "§16");\n'),
    ("Main.kt", 'val apiSecret: String = "§32"\n'),
    ("App.swift", 'let apiKey = "§32"\n'),
    ("Program.cs", 'var password = @"§16";\n'),
    ("Program.cs", 'var c = "Server=sql1;Database=Orders;User Id=svc;Password=§16;";\n'),
    ("appsettings.json", '{"ConnectionStrings": {"Main": "Server=sql1;Database=x;Uid=svc;Pwd=§16;"}}\n'),
    ("appsettings.json", '{"Storage": "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=§account"}\n'),
    ("appsettings.json", '{"Bus": "Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=§shared"}\n'),
    ("web.config", '<connectionStrings><add name="x" connectionString="Data Source=s;User ID=a;Password=§16"/>\n'),
    ("web.config", '<add key="ApiSecret" value="§24"/>\n'),
    ("main.go", 'password := "§16"\n'),
    ("main.go", 'const apiKey string = "§32"\n'),
    ("main.go", 'cfg := Config{User: "app", Password: "§16"}\n'),
    ("main.go", 'os.Setenv("DB_PASSWORD", "§16")\n'),
    ("main.rs", 'let api_key = "§32";\n'),
    ("main.rs", 'const SECRET: &str = "§24";\n'),
    ("config.h", '#define WIFI_PASSWORD "§16"\n'),
    ("config.c", 'static const char password[] = "§16";\n'),
    ("wp-config.php", "define('DB_PASSWORD', '§16');\n"),
    ("wp-config.php", "define( 'AUTH_KEY', '§' );\n"),
    ("config.php", "$config['password'] = '§16';\n"),
    ("config.php", "'password' => '§16',\n"),
    ("config.php", "$dbPassword = \"§16\";\n"),
    ("database.rb", "  password: '§16',\n"),
    ("secrets.rb", 'ENV["SECRET_KEY_BASE"] = "§hex"\n'),
    ("config.exs", 'config :app, App.Endpoint, secret_key_base: "§40"\n'),
    ("script.pl", 'my $password = "§16";\n'),
    ("config.lua", 'local api_key = "§32"\n'),
    ("app.dart", "final String apiKey = '§32';\n"),
    ("build.scala", 'val password = "§16"\n'),
    ("users.sql", "CREATE USER app IDENTIFIED BY '§16';\n"),
    ("users.sql", "ALTER ROLE app WITH PASSWORD '§16';\n"),
    ("strings.xml", '<string name="api_key">§32</string>\n'),
    ("Info.plist", "<key>ApiSecret</key>\n<string>§24</string>\n"),
    ("beans.xml", '<property name="password" value="§16"/>\n'),
    ("entries.xml", '<entry key="db.password">§16</entry>\n'),
    # settings
    (".env", "DB_PASSWORD=§16\n"),
    (".env.local", 'SECRET_KEY="§"\n'),
    (".env", "STRIPE_SECRET=§32\n"),
    ("application.properties", "spring.datasource.password=§16\n"),
    ("application.yml", "spring:\n  datasource:\n    password: §16\n"),
    ("settings.ini", "[db]\npassword = §16\n"),
    ("settings.toml", '[db]\npassword = "§16"\n'),
    ("settings.cfg", "api_token: §32\n"),
    ("database.yml", "production:\n  password: '§16'\n"),
    (".my.cnf", "[client]\nuser=root\npassword=§16\n"),
    (".pgpass", "db.corp.internal:5432:orders:app:§16\n"),
    (".netrc", "machine git.corp.internal login ci password §20\n"),
    (".netrc", "machine git.corp.internal\n  login ci\n  password §20\n"),
    (".aws/credentials", "[default]\naws_access_key_id = AKIA§upper16\naws_secret_access_key = §40\n"),
    (".s3cfg", "secret_key = §40\n"),
    (".git-credentials", "https://ci:§24@git.corp.internal\n"),
    (".curlrc", 'user = "ci:§16"\npassword = "§16"\n'),
    ("redis.conf", "requirepass §20\n"),
    ("settings.toml", "token = '''§20'''\n"),
    ("anchored.yaml", "password: &main §16\n"),
    ("Module.vb", 'Dim password As String = "§16"\n'),
    ("main.py", 'parser.add_argument("--token", default="§32")\n'),
    ("supplicant.conf", 'psk="§16"\n'),
    ("wpa_supplicant.conf", 'network={\n  ssid="x"\n  password="§16"\n}\n'),
    ("sa.json", '{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\\n§pem\\n-----END"}\n'),
    ("jwt.yaml", "jwtSigningKey: §32\n"),
    ("config.json", '{"client_id": "app", "client_secret": "§32"}\n'),
    ("config.json", '{"pad": "§pad", "db": {"password": "§20"}}\n'),
    # command lines
    ("call.sh", 'curl -H "Authorization: Bearer §40" https://api.corp.internal/\n'),
    ("call.sh", "curl -u admin:§16 https://api.corp.internal/\n"),
    ("call.sh", 'curl --user "admin:§16" https://api.corp.internal/\n'),
    ("call.sh", "curl -H 'X-Api-Key: §32' https://api.corp.internal/\n"),
    ("call.sh", "curl -H 'Authorization: Basic §login' https://api.corp.internal/\n"),
    ("call.sh", 'curl "https://api.corp.internal/v1?api_key=§32&x=1"\n'),
    ("dump.sh", "mysqldump -h db -u root -p§16 orders > o.sql\n"),
    ("dump.sh", "mysql --user=root --password=§16 orders\n"),
    ("dump.sh", "PGPASSWORD=§16 psql -h db -U app orders\n"),
    ("dump.sh", "sshpass -p '§16' ssh root@db\n"),
    ("dump.sh", "redis-cli -h cache -a §20 FLUSHALL\n"),
    ("login.sh", "docker login -u ci -p §20 registry.corp.internal\n"),
    ("login.sh", "echo §20 | docker login -u ci --password-stdin; export REGISTRY_PASSWORD=§20\n"),
    ("login.sh", "export API_TOKEN=§32\n"),
    ("login.bat", "set API_KEY=§32\n"),
    ("login.ps1", '$Password = ConvertTo-SecureString "§16" -AsPlainText -Force\n'),
    ("login.ps1", "$env:API_KEY = '§32'\n"),
    ("tls.sh", "openssl rsa -in k.pem -passin pass:§16 -out k\n"),
    ("Makefile", "deploy:\n\tAPI_SECRET=§24 ./deploy\n"),
    ("net.bat", "net use Z: \\\\files\\share /user:app §16\n"),
    ("sudo.sh", 'echo "§16" | sudo -S systemctl restart app\n'),
    ("wget.sh", "wget --http-user=ci --http-password=§16 https://api.corp.internal/\n"),
    ("flow.yaml", "db: {user: app, password: §16, host: db}\n"),
    ("tagged.yaml", "  password: !!str §16\n"),
    ("below.py", 'password = (\n    "§16"\n)\n'),
    ("below.xml", "<password>\n  §16\n</password>\n"),
    ("dsn.go", 'db, err := sql.Open("mysql", "app:§16@tcp(db:3306)/orders")\n'),
    ("Main.java", '@Value("${db.password:§16}")\n'),
    ("login.php", 'mysqli_connect("db", "app", "§16", "orders");\n'),
    ("sign.js", 'jwt.sign(payload, "§32")\n'),
    ("data.r", 'password <- "§16"\n'),
    ("core.clj", ':password "§16"\n'),
    ("wiki.md", "| password | §16 |\n"),
    ("notes.txt", "the password is §16\n"),
    # addresses
    ("cache.py", 'CACHE = "redis://:§20@cache.corp.internal:6379/0"\n'),
    ("db.py", 'DB = "postgres://app:§16@db.corp.internal/orders"\n'),
    ("db.py", 'DB = "postgres://app:w@§12@db.corp.internal/orders"\n'),
    ("db.py", 'DB = "mongodb+srv://app:§16@cluster.corp.internal/x?retryWrites=true"\n'),
    ("mq.py", 'BROKER = "amqp://app:§16@mq.corp.internal:5672//"\n'),
    ("remote.sh", "git clone https://x-access-token:§36@git.corp.internal/a/b\n"),
    ("remote.sh", "git remote add origin https://§40@git.corp.internal/a/b\n"),
    ("ftp.txt", "ftp://app:§16@files.corp.internal/\n"),
    ("blob.txt", "https://x.blob.core.windows.net/c?sv=2022-11-02&sp=r&sig=§sas\n"),
    ("jdbc.txt", "jdbc:postgresql://db/orders?user=app&password=§16&ssl=true\n"),
    ("smtp.yaml", "url: smtps://mailer:§16@mail.corp.internal:465\n"),
    # tokens that are known by their form
    ("a.txt", "the key is AKIA§upper16 as it seems\n"),
    ("a.txt", "ghp_§36\n"),
    ("a.txt", "glpat-§20\n"),
    ("a.txt", "xoxb-§digits12-§digits12-§lower24\n"),
    ("a.txt", "AIza§35\n"),
    ("a.txt", "sk_live_§24\n"),
    ("a.txt", "npm_§36\n"),
    ("a.txt", "SG.§22.§43\n"),
    ("a.txt", "hvs.§24\n"),
    ("a.txt", "dckr_pat_§27\n"),
    ("a.txt", "sk-ant-§40\n"),
    ("a.txt", "https://hooks.slack.com/services/T§upper8/B§upper8/§24\n"),
    ("a.txt", "-----BEGIN OPENSSH PRIVATE KEY-----\n§pem\n§pem\n-----END OPENSSH PRIVATE KEY-----\n"),
    ("a.txt", "KEY=-----BEGIN RSA PRIVATE KEY-----\\n§pem\\n-----END RSA PRIVATE KEY-----\n"),
    # by encoding, by form of the line, by name
    ("utf16.ini", "\ufeffutf-16\npassword = §16\n"),
    ("nul.env", "\0API_KEY=§32\n"),
    ("picture.png", "\x89PNG\r\n\x1a\n\0\0 AKIA§upper16 \0\n"),
    ("logo.svg", '<svg><text>x</text><script>var apiKey = "§32"</script></svg>\n'),
    ("styles.css", "/* api_key: '§32' */\n"),
    ("README.md", "Log in with `password: \"§16\"`.\n"),
    ("vendor/config.js", 'module.exports = {apiSecret: "§24"}\n'),
    ("build/settings.py", 'DB_PASSWORD = "§16"\n'),
    ("mail.py", 'EMAIL_HOST_PASSWORD = "§16"\n'),
    ("hook.py", 'WEBHOOK_SECRET = "§24"\n'),
    ("cookie.js", "app.use(session({ secret: '§24', resave: false }));\n"),
    ("crypt.py", 'ENCRYPTION_KEY = "§hex"\n'),
    ("crypt.py", 'FERNET = Fernet(key := b"x"); SIGNING_KEY = "§b64"\n'),
)  # fmt: skip

_HOLE = re.compile(r"§(dockercfg|hex|b64|login|key64|pem|account|shared|sas|upper|lower|digits|pad|wg|h|e)?(\d*)")
#: Passwords as people make them up.
_TYPED = (
    *("Sommer2023!", "Welcome1234", "P@ssw0rd2024", "Tr0ub4dor&3x", "qwerty-Dragon77", "Blue$ky99", "letmein_prod1"),
    *("Zx81Spectrum", "Kaffee#Tasse5", "s3cr3tSquirrel", "M0nday.Morning", "rakete!4711", "gr8Falcon_22", "Admin@4567"),
    "hJ7_kLm.29",
)
_LETTERS = string.ascii_letters + string.digits
_BASE64 = _LETTERS + "+/"


class Planted(NamedTuple):
    """A file with a secret in it."""

    path: str
    text: str
    line: int  #: where the secret is, or ends


def planted(seed: int, rows: Sequence[tuple[str, str]] = ROWS) -> Iterator[Planted]:
    """Each row with a secret of its own."""
    source = random.Random(seed)
    for path, text in rows:
        lines = text.splitlines(keepends=True)
        at = max((number for number, line in enumerate(lines, 1) if "§" in line), default=len(lines))
        if "BEGIN OPENSSH" in text:
            at = 1
        yield Planted(path, _HOLE.sub(lambda match: _made(source, match[1], match[2]), text), at)


def _made(source: random.Random, kind: str, length: str) -> str:
    def of(letters: str, count: int) -> str:
        return "".join(source.choice(letters) for _ in range(count))

    known = {
        "h": lambda: source.choice(_TYPED),
        "e": lambda: base64.b64encode(of(_LETTERS, int(length)).encode()).decode(),
        "wg": lambda: base64.b64encode(source.randbytes(32)).decode(),
        "dockercfg": lambda: base64.b64encode(
            b'{"auths":{"r.corp.internal":{"auth":"' + base64.b64encode(b"ci:" + of(_LETTERS, 16).encode()) + b'"}}}'
        ).decode(),
        "hex": lambda: of("0123456789abcdef", int(length or 64)),
        "b64": lambda: of(_BASE64, 43) + "=",
        "login": lambda: base64.b64encode(f"ci:{of(_LETTERS, 16)}".encode()).decode(),
        "key64": lambda: base64.b64encode(
            b"-----BEGIN RSA " + b"PRIVATE KEY-----\n" + of(_BASE64, 200).encode()
        ).decode(),
        "pem": lambda: "MII" + of(_BASE64, 61),
        "account": lambda: of(_BASE64, 86) + "==",
        "shared": lambda: of(_BASE64, 43) + "=",
        "sas": lambda: of(_LETTERS, 40) + "%3D",
        "upper": lambda: of(string.ascii_uppercase + "234567", int(length)),
        "lower": lambda: of(string.ascii_lowercase + string.digits, int(length)),
        "digits": lambda: of(string.digits, int(length)),
        "pad": lambda: "value " * 1_500,
    }
    if kind:
        return known[kind]()
    return of(_LETTERS, int(length)) if length else of(_LETTERS, 9) + "!" + of(_LETTERS, 5) + "&" + of(_LETTERS, 3)
