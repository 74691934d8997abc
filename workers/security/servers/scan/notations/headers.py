"""Headers of requests, and lines of the settings of servers, that hold a password or a token."""

_SURE = r"[\"']?(?P<value>[^\s\"';]{4,200})"
_MIXED = r"[\"']?(?P<mixed>[^\s\"';]{5,200})"

HEADERS: tuple[tuple[str, str], ...] = (
    ("bearer", r"(?i)(?:\bBearer)[ \t]{1,4}(?P<random>[A-Za-z0-9_+/=.~-]{16,2000})"),
    (
        "authorization",
        r"(?i)(?:\bauthorization)[\"']?[ \t]{0,4}[:=,][ \t]{0,4}[\"']?(?:token|key|apikey|apitok"
        r"en|bot|splunk|oauth|sso-key)[ \t]{1,4}(?P<random>[\w+/=.~:-]{16,400})",
    ),
    ("basic", r"\bBasic[ \t]{1,4}(?P<basic>[A-Za-z0-9+/]{12,400}={0,2})"),
    ("auth", r"(?i)(?:[\"']_?auth)[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?(?P<basic>[A-Za-z0-9+/]{12,400}={0,2})"),
    ("auth", r":?\b_?auth[ \t]{0,4}=[ \t]{0,4}[\"']?(?P<basic>[A-Za-z0-9+/]{12,400}={0,2})"),
    (
        "client-key-data",
        r"(?i)(?:\bclient-key-data)[\"']?[ \t]{0,4}:[ \t]{0,4}[\"']?(?P<random>[A-Za-z0-9+/]{40,"
        r"4000}={0,2})",
    ),
    (
        "proxy_set_header add_header requestheader setenv fastcgi_param uwsgi_param|key token secret passw auth",
        r"(?i)\b(?:proxy_set_header|add_header|more_set_headers|RequestHeader[ \t]{1,4}set|SetEn"
        r"v|setenv|fastcgi_param|uwsgi_param)[ \t]{1,4}"
        r"[\"']?[\w-]{0,40}(?:key|token|secret|passw|auth)[\w-]{0,40}[\"']?[: \t]{1,4}" + _MIXED,
    ),
    (
        "machine|login|password",
        r"(?i)(?:\bmachine)[ \t]{1,4}\S{1,100}[ \t]{1,4}login[ \t]{1,4}\S{1,100}[ \t]{1,4}passwo"
        r"rd[ \t]{1,8}(?P<value>[^\s\"']{4,200})",
    ),
    ("password", r"(?i)(?:^)[ \t]{0,20}password[ \t]{1,8}(?P<blank>\S{4,200})[ \t]*$"),
    ("pass", r"\b(?:pass|Pass|password)[ \t]{1,4}[\"'](?P<value>[^\s\"']{4,100})[\"']"),
    (
        "community",
        rf"(?i)\b(?:r[ow]community6?|snmp-server[ \t]{{1,4}}community|com2sec[ \t]{{1,4}}\S{{1,60"
        rf"}}[ \t]{{1,4}}\S{{1,60}})[ \t]{{1,8}}{_SURE}",
    ),
    (
        "createuser",
        r"(?i)\bcreateUser[ \t]{1,4}\S{1,60}[ \t]{1,4}(?:MD5|SHA[\d-]{0,4})[ \t]{1,4}[\"']?(?P<v"
        r"alue>[^\s\"']{4,100})",
    ),
    ("user", rf"^[ \t]{{0,8}}(?:ftp>[ \t])?user[ \t]{{1,4}}[\w.@-]{{1,60}}[ \t]{{1,4}}{_MIXED}[ \t]*$"),
    ("login=", r"\blogin=[^\s:]{1,60}:(?P<value>[^\s]{4,100})"),
    ("psk xauth eap rsa", r":[ \t]{0,4}(?:PSK|XAUTH|EAP|NTLM)[ \t]{1,4}[\"'](?P<value>[^\s\"']{4,100})[\"']"),
    (">|user", r"^[ \t]{0,8}(?:user|ACL[ \t]{1,4}SETUSER)[ \t]{1,4}\S{1,60}.{0,100}?[ \t]>(?P<value>[^\s]{4,100})"),
    (
        "password secret key|enable username neighbor ppp line tacacs radius crypto key-string pre-shared set",
        r"(?i)^[ \t]{0,20}(?:enable|username|neighbor|ppp|line|tacacs-server|radius-server|crypt"
        r"o|key-string|pre-shared-key|set)\b.{0,120}?"
        r"\b(?:password|secret|key|key-string|pre-shared-key)[ \t]{1,4}(?:[0-9][ \t]{1,4})?(?:as"
        r"cii-text[ \t]{1,4})?" + _MIXED,
    ),
    (
        "password secret passphrase passwd psk",
        r"(?i)(?:\b(?:password|secret|passwd|passphrase|pre-shared-key|insecure-password|psk))[ "
        r"\t]{1,4}(?:\d[ \t]{1,4})?"
        r"[\"']?(?P<mixed>[^\s\"'(),:=;<>|&]{8,100})[\"']?[ \t]{0,8}(?:[;#]|$)",
    ),
    ("stats|auth", rf"^[ \t]{{0,20}}stats[ \t]{{1,4}}auth[ \t]{{1,4}}[^\s:]{{1,60}}:{_SURE}"),
    ("cleartext-password", r"(?i)\bCleartext-Password[ \t]{0,4}:?=[ \t]{0,4}[\"']?(?P<value>[^\s\"']{4,100})"),
    ("{plain}", r"(?i)\{PLAIN(?:TEXT)?\}(?P<value>[^\s:\"']{4,100})"),
    (
        "http",
        r"^[ \t]{0,8}(?:https?|davs?)://\S{1,200}[ \t]{1,8}[\w.@+-]{1,80}[ \t]{1,8}[\"']?(?P<mix"
        r"ed>[^\s\"']{6,100})[\"']?[ \t]*$",
    ),
    (
        "password passwort",
        r"(?i)\bpass(?:word|wort|phrase)?\b(?:[ \t]{1,4}(?:for|of|to|on|at|in|für)(?:[ \t]{1,4}["
        r"\w.@/-]{1,40}){1,4}|[ \t]{1,4}(?:is|was))[ \t]{0,4}[:=][ \t]{0,4}[\"'`]?(?P<mixed>[^\s"
        r"\"'`]{6,100})",
    ),
    (
        "password",
        r"(?i)\bpassword(?:[ \t]{1,4}[\w.@/-]{1,30}){1,4}[ \t]{0,4}[:=][ \t]{0,4}[\"'`]?(?P<mixe"
        r"d>[^\s\"'`]{6,100})[\"'`]?[ \t]*$",
    ),
    ("password", r"(?i)\bpassword[ \t]{0,2}[\"](?P<mixed>[A-Za-z0-9][^\s\"]{5,100})[\"]"),
    ("password", r"(?i)password(?:は|が|는|은)[ \t]{0,4}(?P<mixed>[!-~]{6,100})(?:です|[\s。.]|$)"),
    (
        "@|:",
        r"(?i)(?:^|[\s\"'=])(?!mailto|sips?|xmpp|acct|from|to|cc|bcc|author|e?-?mail|contact|maintainer)[\w.-]{2,32}"
        r":(?P<mixed>[^\s:@/\"'=]{6,60})@(?:\d{1,3}(?:\.\d{1,3}){3}(?::\d{2,5})?|[\w-]{1,60}(?:"
        r"\.[\w-]{1,60}){0,4}:\d{2,5})(?:[/\s\"']|$)",
    ),
    (
        "login user credential|/",
        r"(?i)\b(?:login|user(?:name)?|credentials?)[ \w]{0,20}:[ \t*]{0,4}[`\"']?[^\s`\"'/]{2,6"
        r"0}[`\"']?[ \t]{1,4}/[ \t]{1,4}[`\"']?(?P<mixed>[^\s`\"'/]{6,100})",
    ),
)
#: Lines that are a login by the file they stand in: part of the file's name, and the line.
LINES: tuple[tuple[str, str], ...] = (
    (
        r"(?:chap|pap)-secrets",
        r"^[ \t]{0,8}[^#\s]\S{0,100}[ \t]{1,20}\S{1,100}[ \t]{1,20}[\"']?(?P<value>[^\s\"']{4,10"
        r"0})[\"']?(?:[ \t]|$)",
    ),
    (
        r"sasl_?passwd|password_maps|passwd\.client",
        r"^[^#\s]\S{0,200}?[ \t:]{1,8}[^\s:]{1,100}:(?P<value>[^\s:]{4,100})[ \t]*$",
    ),
    (r"userlist|pgbouncer", r"^[ \t]{0,8}\"[^\"]{1,80}\"[ \t]{1,8}\"(?P<value>[^\"\s]{4,200})\""),
    (r"pgpass", r"^[^:#\s]{1,100}:(?:\d{1,5}|\*):[^:\s]{1,100}:[^:\s]{1,100}:(?P<value>[^\s]{4,200})$"),
    (r"htpasswd|htdigest|passwd$|\.users$|credentials?$|logins?$", r"^[\w.@-]{1,64}:(?P<mixed>[^\s:]{6,200})$"),
    (r"cloud-?init|user-?data|chpasswd", r"^[ \t]{1,20}(?:-[ \t])?[a-z_][\w-]{0,31}:(?P<mixed>[^\s:/]{6,100})$"),
)
