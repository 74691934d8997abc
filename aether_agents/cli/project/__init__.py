"""What commands do with a project: servers, tools, templates, contexts, trust."""
