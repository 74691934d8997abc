"""What Celery starts: the specialists, each a folder of data and MCP servers, and the planner."""
