"""The MCP server `dumps`: PostgreSQL and MariaDB databases backed up, restored, compared and proved.

It runs the databases' own clients and imports nothing of ours but what servers share.
"""
