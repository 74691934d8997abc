"""What the first-party inspecting servers share: repositories, git without traps, bounded jobs, findings with coverage.

Those servers are programs of their own. Like them, this imports nothing of `aether_agents`.
"""
