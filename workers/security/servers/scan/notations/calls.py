"""Calls of programs and statements of SQL that are given a password or a key, by what is called."""

_TEXT = r"[\"'](?P<value>[^\"'\s]{4,200})[\"']"
_ARGUMENT = r"(?:[^,()\"']{0,100}|[\"'][^\"']{0,200}[\"'])"

CALLS: tuple[tuple[str, str], ...] = (
    (
        "identified|'",
        r"(?i)(?:\bIDENTIFIED)[ \t]{1,4}(?:WITH[ \t]{1,4}[\w']{1,40}[ \t]{1,4})?(?:BY|AS)[ \t]{1"
        r",4}(?:PASSWORD[ \t]{1,4})?'(?P<value>[^'\s]{4,200})'",
    ),
    (
        "identified",
        r"(?i)\bIDENTIFIED[ \t]{1,4}BY[ \t]{1,4}(?:VALUES[ \t]{1,4})?(?:\"(?P<value>[^\"\s]{4,20"
        r"0})\"|(?P<mixed>[A-Za-z][\w$#]{5,60}))",
    ),
    (
        "password secret|alter create set",
        r"(?i)(?:\b(?:ALTER|CREATE|SET)\b).{0,200}?\b(?:PASSWORD|SECRET)[ \t]{0,4}=?[ \t]{0,4}N?"
        r"'(?P<value>[^'\s]{4,200})'",
    ),
    ("password(", r"(?i)\bPASSWORD\([ \t]{0,4}'(?P<value>[^'\s]{4,200})'"),
    (
        "auth( auth=( authenticate( login( credentials( networkcredential( auth = auth= auth  basicauth basic_auth",
        r"(?i)(?:\b(?:HTTPBasicAuth|HTTPDigestAuth|BasicAuth|basic_auth|SetBasicAuth|NetworkCred"
        r"ential|login|auth|authenticate|credentials))"
        rf"[ \t]{{0,4}}[=(][ \t]{{0,4}}\(?(?:[\"'][^\"'\s]{{1,80}}[\"']|user(?:_?name)?)[ \t]{{0,"
        rf"4}},[ \t]{{0,4}}(?:[\w:.]{{1,30}}\([ \t]{{0,4}}){{0,2}}{_TEXT}",
    ),
    (
        "credentials mysqli mysql_ mysqldb pymysql pdo pg_connect ftp_login ldap_bind dbi odbc_"
        "connect imap_open ssh2_auth plainauth sequelize aiomysql ftp( ftp_tls(|(",
        r"(?i)(?:\b(?:UsernamePasswordCredentials|Aws::Credentials|BasicAWSCredentials|mysqli|my"
        r"sqli_connect|mysqli_real_connect|mysql_p?connect"
        r"|MySQLdb\.connect|pymysql\.connect|aiomysql\.connect|PDO|pg_connect|ftp_login|ldap_bin"
        r"d|odbc_connect|imap_open|ssh2_auth_password"
        rf"|PlainAuth|Sequelize|FTP(?:_TLS)?)|DBI->connect|\bDB::connect)\([ \t]{{0,4}}{_ARGUMENT},[ \t]{{0,4"
        rf"}}{_ARGUMENT},[ \t]{{0,4}}{_TEXT}",
    ),
    (
        "credentials oracle oci_ ldap simple_bind secretkeyspec setcredentials|(",
        r"(?i)(?:\b(?:UsernamePasswordCredentials|PasswordAuthentication|BasicAWSCredentials|cx_"
        r"Oracle\.connect|oracledb\.connect"
        rf"|oci_p?connect|simple_bind(?:_s)?|ldap_bind|PSCredential|PlainAuthProvider))\([ \t]{{0"
        rf",4}}{_ARGUMENT},[ \t]{{0,4}}(?:\w{{1,20}}\()?{_TEXT}",
    ),
    (
        "jwt.",
        r"(?i)(?:\bjwt)\.(?:en|de)?(?:code|sign|verify)\([^,()]{1,100},[ \t]{0,4}[\"'](?P<mixed>"
        r"[^\"'\s]{8,200})[\"']",
    ),
    ("@tcp( @unix(", r"[\"'`]\w{1,40}:(?P<mixed>[^\s\"'`@/]{6,100})@(?:tcp|unix)\("),
    ("getconnection(", rf"\bgetConnection\([^,]{{1,200}},[ \t]{{0,4}}[\"'][^\"'\s]{{1,80}}[\"'],[ \t]{{0,4}}{_TEXT}"),
    (
        "convertto-securestring",
        rf"(?i)(?:\bConvertTo-SecureString)[ \t]{{1,4}}(?:-\w{{1,20}}[ \t]{{1,4}}){{0,3}}{_TEXT}",
    ),
    ("convertto-securestring", rf"(?i){_TEXT}[ \t]{{0,4}}\|[ \t]{{0,4}}ConvertTo-SecureString"),
    ("tochararray", r"\(.{0,80}?[\"'](?P<mixed>[^\"'\s]{6,200})[\"']\.toCharArray\(\)"),
    ("connect(|/|@", r"(?i)\bconnect\(\s{0,4}[\"']\w{1,40}/(?P<value>[^\s/\"']{4,60})@(?=[\w/.])"),
    ("jdbc:oracle", r"(?i)\bjdbc:oracle:\w{1,10}:\w{1,40}/(?P<value>[^\s/\"']{4,60})@(?=[\w/.])"),
    ("@|/|:", r"[\"'=]\w{1,40}/(?P<mixed>[^\s/@\"':]{6,60})@(?://)?[\w.-]{1,100}:\d{2,5}[/:]\w{1,60}"),
    (
        "mnemonic seed recovery",
        r"(?i)(?:mnemonic|seed|recovery)[\w ]{0,20}[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"'`]?(?P<phra"
        r"se>(?:[a-z]{3,8}[ ]){11,23}[a-z]{3,8})\b",
    ),
    (
        "connect(",
        r"(?i)\bconnect\([ \t]{0,4}(?:[\"'][^\"']{0,100}[\"'],[ \t]{0,4}){2}[\"'](?P<mixed>[^\s"
        r"\"']{6,100})[\"']",
    ),
    (
        ".open .connect .login .logon",
        r"(?i)\.(?:Open|Connect|Login|Logon)[ \t]{1,4}[\"'][^\"']{0,200}[\"'],[ \t]{0,4}[\"'][^\"'\s]{1,80}[\"'],"
        r"[ \t]{0,4}[\"'](?P<mixed>[^\s\"']{6,100})[\"']",
    ),
    (
        "connect drivermanager login logon authenticat|(|,",
        r"(?i)\b\w{0,40}(?:connect|DriverManager|log[io]n|authenticat)\w{0,20}(?:\[\w{1,20}\])?\([^\"']{0,80}(?:[\"'][^\"']{0,200}[\"'],[^\"']{0,80}){0,3}"
        r"[\"'][^\"'\s]{1,80}[\"'],[ \t]{0,4}[\"'](?P<mixed>[^\s\"']{6,100})[\"'][ \t]{0,4}\)",
    ),
    (
        "password for",
        r"(?i)\bPASSWORD[ \t]{1,4}FOR[ \t]{1,4}\S{1,100}[ \t]{0,4}=[ \t]{0,4}(?:PASSWORD\()?'(?P<value>[^'\s]{4,200})'",
    ),
)
