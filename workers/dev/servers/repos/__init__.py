"""The MCP server `repos`: one text searched and replaced over several git repositories, each change undoable.

What `mcp-server-git` cannot do. Branch, edit and commit are one call here, and not three of that server: an edit whose
commit fails would leave a dirty tree, its `git add` and `git commit` run the filters and signing programs that a
stranger's repository names, and one call has one undo.
"""
