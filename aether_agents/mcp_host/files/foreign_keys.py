"""Foreign keys: what other products write beside a server, and what becomes of it here.

What is only their own business is read over in silence. What a person may count on and is not done here is named where
the server is shown, before it is trusted or taken over.
"""

from collections.abc import Iterator, Mapping
from typing import Any

#: Keys of a server that other programs read, and why we do not.
FOREIGN: dict[str, str] = {
    "autoApprove": "what may run unasked is this product's policy, never a project's file",
    "alwaysAllow": "the same, by another name",
    "trust": "the same",
    "alwaysLoad": "Claude Code: when its tools are shown to the model",
    "description": "a sentence for people",
    "note": "a sentence for people",
    "dev": "VS Code: development mode",
    "gallery": "VS Code: where it came from",
    "version": "VS Code: what the gallery offered",
    "icon": "for faces with pictures",
    "iconPath": "the same",
    "faviconUrl": "the same",
    "tags": "labels of fastmcp",
    "include_tags": "filters of fastmcp",
    "exclude_tags": "filters of fastmcp",
    "keep_alive": "fastmcp: ours are always kept",
    "initTimeout": "other programs' name for `timeout`, in other units",
    "roots": "deprecated by the protocol",
    "name": "what people read",
    "display_name": "the same",
    "autoStart": "ours start when they are needed",
    "tool_timeout_sec": "Codex: a subtask has its own `timeout`",
    "source": "Zed: who wrote the entry",
    "settings": "Zed: what its extension is told",
    "bundled": "Goose: whether it came with it",
    "sourceFile": "Continue: where it was read",
    "schema": "Continue: version of its format",
    "serverInstructions": "what a model is told",
    "registryType": "where a marketplace found it",
    "marketplace": "the same",
    "isInstalled": "the same",
    "providerId": "the same",
    "installSource": "the same",
    "logoUrl": "for faces with pictures",
    "longRunning": "ours are always kept",
    "oauth": "found out from the server; `servers login` does it",
    "auth": "the same",
    "authProviderType": "the same",
    "requiresOAuth": "the same",
}

_TOOLS = "which tools may be called is `policy.deny`'s to say"
#: Which tools their programs may show: ours are governed by policy, so whoever counted on it is told.
UNHEEDED = (
    "tools",
    "includeTools",
    "excludeTools",
    "enabled_tools",
    "disabled_tools",
    "disabledTools",
    "available_tools",
)
#: What else somebody may count on: by key, what is said instead.
TOLD: dict[str, str] = {
    "headersHelper": "no program is run for headers: write them into `headers`, with `${NAME}` for what is secret",
    "targetAudience": "identities of Google's cloud are not spoken: write a token into `headers`",
    "targetServiceAccount": "identities of Google's cloud are not spoken: write a token into `headers`",
    "proxy": "the proxies of the environment are used",
    "watchPaths": "it is not started anew when files change",
    "required": "a server that does not start costs its own tools only",
    "sandbox": "our own sandbox is used: `reads`, `writes` and `network` say what it may see",
    "sandboxEnabled": "our own sandbox is used: `reads`, `writes` and `network` say what it may see",
    "default_tools_approval_mode": "what may run unasked is `policy`'s to say",
    "supports_parallel_tool_calls": "`max_parallel` of a plan says how many run at once",
    "customUserVars": "nobody is asked for them: set them in the environment",
    "scopes": "the server says which scopes it needs",
    "oauth_resource": "the token is bound to the server's own address",
    "verifySsl": "certificates are always checked: name your authority in SSL_CERT_FILE",
    "insecure": "certificates are always checked: name your authority in SSL_CERT_FILE",
}


def unheeded(raw: Mapping[str, Any]) -> Iterator[str]:
    """What of an entry is not done here, in a sentence each."""
    if tools := [key for key in UNHEEDED if key in raw and raw[key] not in (["*"], None, [])]:
        yield f"{', '.join(tools)}: {_TOOLS}"
    for key, why in TOLD.items():
        if raw.get(key):
            yield f"{key}: {why}"
