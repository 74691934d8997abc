"""The static encoder: texts as vectors, from the weights that the package `wordllama` carries; without it, none.

Only the package's files are read, not its code: that looks for its tokenizer in another folder and then asks the
network. A vector is the mean of the vectors of a text's tokens, of length one.
"""

import importlib
import importlib.util
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
_WEIGHTS = "weights/l2_supercat_256.safetensors"
#: Tokens of a text that are read.
_MOST = 512
_TINY = 1e-9


class Encodes(Protocol):
    """Something that makes vectors of texts."""

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """One row per text."""


@cache
def encoder() -> Encodes | None:
    """The encoder, if its package (extra `encoder`) is installed and has the files that are known."""
    found = importlib.util.find_spec("wordllama")
    if found is None or found.origin is None or importlib.util.find_spec("tokenizers") is None:
        return None
    home = Path(found.origin).parent
    if not ((home / _TOKENIZER).is_file() and (home / _WEIGHTS).is_file()):
        return None
    tokenizer = importlib.import_module("tokenizers").Tokenizer.from_file(str(home / _TOKENIZER))
    return _Static(tokenizer, _table(home / _WEIGHTS))


class _Static:
    def __init__(self, tokenizer: Any, table: NDArray[np.float16]) -> None:
        self._tokenizer = tokenizer
        self._table = table

    def __call__(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self._table.shape[1]), dtype=np.float32)
        for number, text in enumerate(texts):
            ids = self._tokenizer.encode(text, add_special_tokens=False).ids[:_MOST]
            if ids:
                rows[number] = self._table[ids].astype(np.float32).mean(axis=0)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        found: Vectors = (rows / (lengths + _TINY)).astype(np.float32)
        return found


def _table(path: Path) -> NDArray[np.float16]:
    """The one table of a safetensors file, left on disk: a sentence needs twenty of its 32,000 rows."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    ((_, about),) = ((name, one) for name, one in header.items() if name != "__metadata__")
    shape = tuple(about["shape"])
    return np.memmap(path, dtype=np.float16, mode="r", offset=8 + size + about["data_offsets"][0], shape=shape)
