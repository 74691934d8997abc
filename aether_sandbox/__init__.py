"""The sandbox: programs that are not ours, and scanners of ours, see what they are given and nothing else.

A package of its own at the root, since both sides use it: the host of MCP servers, and first-party servers, which
import nothing of `aether_agents`. It imports the standard library only, and this file nothing at all: `confine` starts
programs; `namespaces` and `landlock` are programs themselves, found beside it.
"""
