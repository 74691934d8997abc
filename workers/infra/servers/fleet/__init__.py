"""The MCP server `fleet`: hosts of an inventory, configured over SSH by ansible-core from an environment of its own.

It imports nothing of ours but what servers share; ansible runs as a program.
"""
