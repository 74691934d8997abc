"""Command lines that are given a password or a token, by the programs that take one."""

#: Before each pattern, words that a line has if it can match: one of each group between `|`, in small letters.
#: The group that matches says how sure it is: `value`, or `mixed` where only a value that no word is counts.
_ANY = r"(?P<value>[^\s\"']{4,200})"
_SURE = r"[\"']?(?P<value>[^\s\"']{4,200})"
_MIXED = r"[\"']?(?P<mixed>[^\s\"']{6,200})"

COMMANDS: tuple[tuple[str, str], ...] = (
    (
        " -p |-u --user",
        r"[ \t]-p[ \t]{1,4}[\"']?(?P<mixed>[^\s\"':/=,-][^\s\"':/=,]{7,100})[\"']?(?=[ \t]).{0,100}?"
        r"[ \t](?:-u|--user(?:name)?)[ \t=]",
    ),
    (
        " -p |-u --user",
        r"[ \t](?:-u|--user(?:name)?)[ \t=]{1,4}\S{1,80}[ \t].{0,100}?[ \t]-p[ \t]{1,4}[\"']?(?P"
        r"<mixed>[^\s\"':/=,-][^\s\"':/=,]{7,100})",
    ),
    (
        "curl|-u --user --proxy",
        rf"\bcurl\b.{{0,300}}?[ \t](?:-u|--user|--proxy-user)[ \t=]?[ \t]{{0,2}}[\"']?[^\s:\"']{{"
        rf"1,80}}:{_ANY}",
    ),
    (
        "-a --auth --http-password|wget http xh",
        rf"\b(?:wget|http|https|xh)\b.{{0,300}}?[ \t](?:-a|--auth|--http-password)[ \t=][\"']?(?:"
        rf"[^\s:\"']{{1,80}}:)?{_ANY}",
    ),
    (
        "mysql mariadb|-p",
        r"\b(?:mysql|mysqldump|mysqladmin|mysqlimport|mysqlsh|mariadb|mariadb-dump)\b.{0,200}?[ \t]-p"
        r"(?P<value>[^\s\"']{4,200}|[\"'][^\"'\s]{4,200}[\"'])",
    ),
    ("sshpass", rf"\bsshpass[ \t]{{1,4}}-p[ \t]{{0,4}}{_SURE}"),
    ("redis-cli valkey-cli", rf"\b(?:redis|valkey)-cli\b.{{0,200}}?[ \t](?:-a|--pass)[ \t]{{1,4}}{_SURE}"),
    (
        " -p  -w \t-p -hp|docker podman helm az oc skopeo buildah crane nuget mongo sqlcmd osql"
        " ldap 7z zip rar cqlsh isql tsql"
        " bcp mosquitto_ ipmitool psexec rdesktop twine influx cbq winexe plink pscp ncftpput vncpasswd",
        r"\b(?:docker|podman|helm|az|oc|skopeo|buildah|crane|nuget|mongo|mongosh|mongodump|mongorestore|mongoexport"
        r"|mongoimport|sqlcmd|osql|isql|tsql|bcp|ldap(?:search|add|modify|delete|passwd|whoami|c"
        r"ompare)|7za?|zip|unzip|rar|unrar"
        r"|cqlsh|mosquitto_(?:pub|sub)|ipmitool|psexec|rdesktop|twine|influx|cbq|winexe|plink|ps"
        r"cp|ncftpput|vncpasswd)\b"
        r".{0,200}?[ \t]-(?:p|P|w|pw|hp)[ \t]{0,4}[\"']?(?P<mixed>[^\s\"':/=]{6,200})",
    ),
    ("pass:", r"\bpass:(?P<value>[^\s\"'$]{6,100})"),
    ("openssl| -k", rf"\bopenssl\b.{{0,300}}?[ \t]-(?:k|K)[ \t]{{1,4}}{_SURE}"),
    (
        "net user net.exe net1",
        r"(?i)\bnet(?:\.exe)?[ \t]{1,4}user[ \t]{1,4}[^\s/]{1,80}[ \t]{1,4}(?P<mixed>[^\s/*][^\s]{5,100})",
    ),
    ("/user:|net", r"(?i)(?:\bnet[ \t]{1,4}use)\b.{0,200}?/user:\S{1,80}[ \t]{1,4}(?P<mixed>[^\s/]{6,100})"),
    (
        "net use",
        r"(?i)\bnet[ \t]{1,4}use\b.{0,100}?[ \t]\\\\\S{1,200}[ \t]{1,4}(?P<mixed>[^\s/*][^\s]{5,"
        r"100})[ \t].{0,60}/user:",
    ),
    ("/rp /p: /pass: /password:", rf"(?i)[ \t]/(?:rp[ \t:]{{1,2}}|(?:p|pass|password|pwd):){_SURE}"),
    ("ssh-keygen", rf"\bssh-keygen\b.{{0,200}}?[ \t]-[NP][ \t]{{1,4}}{_MIXED}"),
    (
        "echo printf|sudo docker passwd helm su kinit cryptsetup gpg openssl vncpasswd smbpassw"
        "d podman oc argocd gh az skopeo",
        r"\b(?:echo|printf)[ \t]{1,4}(?:-[ne]{1,2}[ \t]{1,4})?[\"']?(?:%s(?:\\n)?[\"']?[ \t]{1,4"
        r"}[\"']?)?(?:[\w.-]{1,32}:)?"
        r"(?P<mixed>[^\s\"']{6,100})[\"']?[ \t]{0,4}\|[ \t]{0,4}(?:sudo[ \t]{1,4}(?:-S|chpasswd|"
        r"passwd|cryptsetup|smbpasswd)|docker"
        r"|podman|passwd|chpasswd|helm|su\b|kinit|cryptsetup|gpg|openssl|vncpasswd|smbpasswd|oc"
        r"\b|argocd|gh\b|az\b|skopeo)",
    ),
    (
        "useradd usermod adduser",
        rf"\b(?:useradd|usermod|adduser)\b.{{0,200}}?[ \t](?:-p|--password)[ \t=]{{1,4}}{_SURE}",
    ),
    (
        "rootpw",
        rf"^[ \t]{{0,20}}(?:old)?rootpw[ \t]{{1,8}}(?:--(?:plaintext|iscrypted|lock|allow-ssh)[ "
        rf"\t]{{1,4}}){{0,3}}{_SURE}",
    ),
    ("passwd/", r"\bpasswd/[\w-]{0,40}password(?:-again|-crypted)?[ \t]{1,4}password[ \t]{1,4}(?P<value>\S{4,200})"),
    (
        "@|/|sqlplus sqlcl expdp impdp sqlldr rman exp imp conn userid target",
        (
            r"(?i)\b(?:sqlplus|sqlcl|expdp|impdp|sqlldr|rman|exp|imp|conn|connect|userid[ \t]?=?|tar"
            r"get)\b.{0,60}?[ \t=\"']"
            r"[A-Za-z][\w$#]{0,60}/[\"']?(?P<value>[^\s/\"']{4,60})[\"']?@(?=[\w/.\"'])"
        ),
    ),
    (
        "-u|%|smbclient rpcclient winexe smbget net pth-",
        r"\b(?:smbclient|rpcclient|winexe|smbget|net|pth-\w{1,20})\b.{0,200}?[ \t]-U[ \t]{0,4}["
        r"\"']?[^\s%\"']{1,80}%(?P<value>[^\s\"']{4,100})",
    ),
    ("lftp|-u", r"\blftp\b.{0,200}?[ \t]-u[ \t]{0,4}[\"']?[^\s,\"']{1,80},(?P<value>[^\s\"']{4,100})"),
    (
        "aws config authtoken|set config authtoken|secret token passw key http-basic auth",
        r"\b(?:aws|npm|pnpm|yarn|git|poetry|composer|pip|gcloud|heroku|fly|doppler|ngrok)\b.{0,6"
        r"0}?\b(?:set|config|authtoken)\b.{0,80}?(?i:secret|token|passw|key|http-basic|auth)[\w."
        r":-]{0,60}[ \t]{1,4}" + _MIXED,
    ),
    ("http-basic", r"\bhttp-basic\.\S{1,100}[ \t]{1,4}\S{1,80}[ \t]{1,4}[\"']?(?P<mixed>[^\s\"']{6,200})"),
    (
        "vault|login",
        r"\bvault[ \t]{1,4}login[ \t]{1,4}(?:-[\w=-]{1,40}[ \t]{1,4}){0,4}[\"']?(?P<mixed>[^\s\""
        r"'=-][^\s\"'=]{9,200})",
    ),
    (
        "htpasswd",
        r"\bhtpasswd\b[ \t]{1,4}(?:-[A-Za-z]{1,8}[ \t]{1,4}){0,4}?-[A-Za-z]{0,6}b[A-Za-z]{0,6}[ "
        r"\t]{1,4}(?:-[A-Za-z]{1,4}(?:[ \t]{1,4}\d{1,3})?[ \t]{1,4}){0,3}(?:\S{1,200}[ \t]{1,4}){1,2}"
        + _SURE
        + r"[\"']?[ \t]*(?:$|[;&|>])",
    ),
    (
        "assword|send",
        r"(?i)passw\w{0,4}:?.{0,40}?\bsend(?:line|_user)?[( \t]{1,4}(?:--[ \t]{1,4})?[\"'](?P<va"
        r"lue>[^\s\"'\\$]{4,100})(?:\\[rn]|[\"'])",
    ),
    (
        "passwordeval passcmd passwordcmd password_command|echo printf",
        r"(?i)\bpass(?:word)?_?(?:eval|cmd|command)[ \t=:\"']{1,8}(?:echo|printf)[ \t]{1,4}[\"']?"
        r"(?P<value>[^\s\"'$`]{4,100})",
    ),
    ("wpa_passphrase", rf"\bwpa_passphrase[ \t]{{1,4}}\S{{1,60}}[ \t]{{1,4}}{_SURE}"),
    (
        "mc |alias host",
        rf"\bmc[ \t]{{1,4}}(?:alias|config[ \t]{{1,4}}host)[ \t]{{1,4}}(?:set|add)[ \t]{{1,4}}\S"
        rf"{{1,80}}[ \t]{{1,4}}\S{{1,200}}[ \t]{{1,4}}\S{{1,80}}[ \t]{{1,4}}{_MIXED}",
    ),
    ("snmp|-c -a -x", r"\bsnmp\w{1,20}\b.{0,100}?[ \t]-(?:c|A|X)[ \t]{1,4}" + _MIXED),
    ("user-secrets", rf"\buser-secrets[ \t]{{1,4}}set[ \t]{{1,4}}[\"']?[\w:.-]{{1,100}}[\"']?[ \t]{{1,4}}{_MIXED}"),
    ("nmcli|password", rf"\bnmcli\b.{{0,200}}?\bpassword[ \t]{{1,4}}{_SURE}"),
    ("user_pw owner_pw", rf"\b(?:user|owner)_pw[ \t]{{1,4}}{_SURE}"),
)
