"""The list of commands: what `--help` shows, and where each one lives. Nothing is imported to show it."""

from typing import NamedTuple

HOME = "aether_agents.cli.commands"


class Entry(NamedTuple):
    """One command as the list knows it, before its module is imported."""

    name: str
    section: str
    summary: str
    module: str

    @property
    def place(self) -> tuple[str, str]:
        """Module and attribute the command is found at."""
        return f"{HOME}.{self.module}", f"{self.name}_command"


COMMANDS: dict[str, Entry] = {
    name: Entry(name, section, summary, module)
    for section, rows in {
        "Ask": (
            ("execute", "Do a task and follow it until it has ended.", "execute"),
            ("plan", "Show the plan of a task, then run it, save it or leave it.", "plan"),
            ("apply", "Run exactly the plan in a file.", "apply"),
            ("batch", "Do many tasks from a file; again, go on where it stopped.", "batch"),
        ),
        "Look": (
            ("tasks", "List the latest tasks.", "look"),
            ("status", "Show how a task stands.", "look"),
            ("watch", "Follow a task that is already there.", "watch"),
            ("events", "List what happened to a task, in order.", "watch"),
            ("metrics", "Print the numbers of this installation for Prometheus.", "monitor"),
            ("result", "Show what a task came to.", "look"),
        ),
        "Act": (
            ("approve", "Answer what a task asks.", "approve"),
            ("cancel", "End a task; calls under way are cancelled.", "act"),
            ("pause", "Start nothing new of a task for now.", "act"),
            ("resume", "Go on with a paused task.", "act"),
            ("undo", "Put back what a task changed.", "undo"),
        ),
        "Parts": (
            ("servers", "List, add, install, test and accept MCP servers.", "servers"),
            ("tools", "List, search and call the live tools.", "tools"),
            ("templates", "List, show and check templates.", "templates"),
            ("contexts", "List the contexts a task can run in.", "contexts"),
            ("trust", "Let files of this project start programs.", "trust"),
        ),
        "Processes": (
            ("up", "Start the embedded stack and keep it.", "stack"),
            ("down", "End the embedded stack.", "stack"),
            ("ps", "List the processes that serve tasks.", "stack"),
            ("logs", "Show what the processes wrote.", "stack"),
            ("worker", "Serve one or more queues in this terminal.", "worker"),
            ("beat", "Fire the schedules in this terminal.", "schedule"),
            ("flower", "Show queues, workers and messages in a browser.", "monitor"),
            ("schedule", "List, run and pause what is done again and again.", "schedule"),
            ("serve", "Serve the page, the JSON API and AgentServer.", "serve"),
        ),
        "Rest": (
            ("doctor", "Say what is wrong with this installation, and the mend.", "doctor"),
            ("config", "Show and check the settings.", "config"),
            ("completion", "Print the completion script of a shell.", "completion"),
        ),
    }.items()
    for name, summary, module in rows
}
