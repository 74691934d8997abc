"""Data written as YAML that reads back as the same data, here and elsewhere."""

from typing import Any

import yaml

from aether_agents.documents.document import Loader

_WIDTH = 110  #: Characters a line of YAML has that we write.


def write_document(data: Any) -> str:
    """Data as YAML that reads back as the same data, here and in any reader of YAML 1.1."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)


class _Dumper(yaml.SafeDumper):
    """Repeats what is repeated, instead of pointing to it: the file is for people."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
# A text is quoted where either reading takes it for something else: `on` and `22:30` there, `1e999` here.
_THEIRS, _OURS = yaml.SafeDumper.yaml_implicit_resolvers, Loader.yaml_implicit_resolvers
_Dumper.yaml_implicit_resolvers = {
    first: [*_THEIRS.get(first, []), *_OURS.get(first, [])] for first in {*_THEIRS, *_OURS}
}
