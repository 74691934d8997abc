"""The name of a host as the network asks for it: IDNA 2008, as browsers read it."""

import ipaddress

import idna

_LONGEST, _LABEL = 253, 63


class NoName(ValueError):
    """A text that names no host."""


def ascii_host(host: str) -> str:
    """A host's name in its ASCII form, or an IP address in its shortest.

    `ß` and its like keep their own letters (`straße` is another name than `strasse`); symbols, which IDNA 2008 has
    not and some names have all the same, are read as browsers do.

    Raises:
        NoName: it is neither.
    """
    bare = host.partition("%")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        if ":" in host:
            raise NoName(host) from None
    name = host.lower() if host.isascii() else _encoded(host)
    labels = name.removesuffix(".").split(".")
    if len(name) > _LONGEST + 1 or not all(0 < len(label) <= _LABEL for label in labels):
        raise NoName(host)
    return name


def _encoded(host: str) -> str:
    try:
        return idna.encode(host, uts46=True, transitional=False).decode("ascii")
    except idna.IDNAError:
        pass
    try:
        mapped = idna.uts46_remap(host, std3_rules=True, transitional=False)
    except idna.IDNAError:
        raise NoName(host) from None
    labels = [
        label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}" for label in mapped.split(".")
    ]
    return ".".join(labels)
