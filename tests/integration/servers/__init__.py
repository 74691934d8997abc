"""First-party servers from inside, in this process: what calls over MCP cannot show one by one. Needs the libraries
that servers stand on."""
