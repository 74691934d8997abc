"""Surroundings that say that a value is a secret: command lines, calls, headers, lines of settings."""

import re

from .noted import glance

_ANY = r"(?P<value>[^\s\"']{4,200})"
#: Before each pattern, the words that a line has, if it can match.
KNOWN = tuple(
    (glance(words), re.compile(pattern, re.IGNORECASE if pattern.startswith("(?:") else 0))
    for words, pattern in (
        ("bearer", r"(?:\bBearer)[ \t]{1,4}(?P<random>[A-Za-z0-9_+/=.~-]{16,2000})"),
        (
            "authorization",
            r"(?:\bauthorization)[\"']?[ \t]{0,4}[:=,][ \t]{0,4}[\"']?(?:token|key|apikey)[ \t]{1,4}"
            r"(?P<random>[\w+/=.~-]{16,400})",
        ),
        (
            "curl",
            rf"\bcurl\b.{{0,300}}?[ \t](?:-u|--user|--proxy-user)[ \t=]?[ \t]{{0,2}}[\"']?[^\s:\"']{{1,80}}:{_ANY}",
        ),
        (
            "wget http xh|-a --auth --http-password",
            r"\b(?:wget|http|https|xh)\b.{0,300}?[ \t](?:-a|--auth|--http-password)[ \t=][\"']?(?:[^\s:\"']{1,80}:)?"
            rf"{_ANY}",
        ),
        (
            "mysql mariadb|-p",
            r"\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)\b.{0,200}?[ \t]-p"
            r"(?P<value>[^\s\"']{4,200}|[\"'][^\"'\s]{4,200}[\"'])",
        ),
        ("sshpass", rf"\bsshpass[ \t]{{1,4}}-p[ \t]{{0,4}}[\"']?{_ANY}"),
        ("redis-cli", rf"\bredis-cli\b.{{0,200}}?[ \t](?:-a|--pass)[ \t]{{1,4}}[\"']?{_ANY}"),
        (
            "docker podman helm az oc skopeo buildah crane nuget mongo sqlcmd ldapsearch 7z zip|-p -w",
            r"\b(?:docker|podman|helm|az|oc|skopeo|buildah|crane|nuget|mongo|mongosh|sqlcmd|ldapsearch|7z|zip|unzip)\b"
            r".{0,200}?[ \t]-(?:p|P|w)[ \t]{0,4}[\"']?(?P<mixed>[^\s\"':/=]{8,200})",
        ),
        ("pass:", r"\bpass:(?P<value>[^\s\"'$]{6,100})"),
        (
            "identified",
            r"(?:\bIDENTIFIED)[ \t]{1,4}(?:WITH[ \t]{1,4}[\w']{1,40}[ \t]{1,4})?BY[ \t]{1,4}(?:PASSWORD[ \t]{1,4})?"
            r"'(?P<value>[^'\s]{4,200})'",
        ),
        (
            "password secret|alter create set",
            r"(?:\b(?:ALTER|CREATE|SET)\b).{0,200}?\b(?:PASSWORD|SECRET)[ \t]{0,4}=?[ \t]{0,4}N?"
            r"'(?P<value>[^'\s]{4,200})'",
        ),
        (
            "machine|login|password",
            r"(?:\bmachine)[ \t]{1,4}\S{1,100}[ \t]{1,4}login[ \t]{1,4}\S{1,100}[ \t]{1,4}password[ \t]{1,8}"
            r"(?P<value>[^\s\"']{4,200})",
        ),
        ("password", r"(?:^)[ \t]{0,20}password[ \t]{1,8}(?P<blank>\S{4,200})[ \t]*$"),
        (
            "auth login networkcredential",
            r"(?:\b(?:HTTPBasicAuth|HTTPDigestAuth|BasicAuth|basic_auth|SetBasicAuth|NetworkCredential|login|auth))"
            r"[ \t]{0,4}[=(][ \t]{0,4}\(?[\"'][^\"'\s]{1,80}[\"'][ \t]{0,4},[ \t]{0,4}"
            r"[\"'](?P<value>[^\"'\s]{4,200})[\"']",
        ),
        (
            "credentials mysqli_connect pdo pg_connect ftp_login ldap_bind|(",
            r"(?:\b(?:UsernamePasswordCredentials|Credentials|mysqli_connect|PDO|pg_connect|ftp_login|ldap_bind))\("
            r"(?:[^,()]{1,100},[ \t]{0,4}){1,2}[\"'](?P<mixed>[^\"'\s]{6,200})[\"']",
        ),
        (
            "jwt.",
            r"(?:\bjwt)\.(?:en|de)?(?:code|sign|verify)\([^,()]{1,100},[ \t]{0,4}[\"'](?P<mixed>[^\"'\s]{8,200})[\"']",
        ),
        ("@tcp( @unix(", r"[\"'`]\w{1,40}:(?P<mixed>[^\s\"'`@/]{6,100})@(?:tcp|unix)\("),
        ("/user:", r"(?:\bnet[ \t]{1,4}use)\b.{0,200}?/user:\S{1,80}[ \t]{1,4}(?P<mixed>[^\s/]{6,100})"),
        ("ssh-keygen", r"\bssh-keygen\b.{0,200}?[ \t]-[NP][ \t]{1,4}[\"']?(?P<mixed>[^\s\"']{6,100})"),
        (
            "echo|sudo docker passwd helm",
            r"\becho[ \t]{1,4}[\"']?(?P<mixed>[^\s\"']{6,100})[\"']?[ \t]{0,4}\|[ \t]{0,4}"
            r"(?:sudo[ \t]{1,4}-S|docker|passwd|helm)",
        ),
        (
            "getconnection(",
            r"\bgetConnection\([^,]{1,200},[ \t]{0,4}\"[^\"\s]{1,80}\",[ \t]{0,4}\"(?P<value>[^\"\s]{4,200})\"",
        ),
        (
            "convertto-securestring",
            r"(?:\bConvertTo-SecureString)[ \t]{1,4}(?:-String[ \t]{1,4})?[\"'](?P<value>[^\"'\s]{4,200})[\"']",
        ),
        ("basic", r"\bBasic[ \t]{1,4}(?P<basic>[A-Za-z0-9+/]{12,400}={0,2})"),
        ("auth", r"(?:[\"']_?auth)[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?(?P<basic>[A-Za-z0-9+/]{12,400}={0,2})"),
        ("auth", r":?\b_?auth[ \t]{0,4}=[ \t]{0,4}[\"']?(?P<basic>[A-Za-z0-9+/]{12,400}={0,2})"),
        (
            "client-key-data",
            r"(?:\bclient-key-data)[\"']?[ \t]{0,4}:[ \t]{0,4}[\"']?(?P<random>[A-Za-z0-9+/]{40,4000}={0,2})",
        ),
    )
)
