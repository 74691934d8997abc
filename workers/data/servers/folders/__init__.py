"""The MCP server `folders`: folders backed up by restic, restored into new ones, and proved.

It runs restic, and imports nothing of ours but what servers share.
"""
