"""Commands about a project's servers, tools, templates, settings and trust."""
