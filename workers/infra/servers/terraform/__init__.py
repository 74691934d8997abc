"""The MCP server `terraform`: Terraform and OpenTofu planned, applied exactly as planned, looked at for drift, undone.

It runs the program that is installed and imports nothing of ours but what servers share.
"""
