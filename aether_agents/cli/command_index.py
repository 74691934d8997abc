"""The list of commands: what `--help` shows, and where each one lives. Nothing is imported to show it."""

from typing import NamedTuple

HOME = "aether_agents.cli.commands"

#: What the program does without a command: module and function.
SUGGESTIONS = ("aether_agents.cli.tasks.suggestions", "show_suggestions")


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
            ("execute", "Do a task and follow it until it has ended.", "tasks.execute"),
            ("plan", "Show the plan of a task, then run it, save it or leave it.", "tasks.plan"),
            ("apply", "Run exactly the plan in a file.", "tasks.apply"),
            ("explain", "Show why a sentence means a template, or none.", "tasks.explain"),
            ("batch", "Do many tasks from a file; again, go on where it stopped.", "tasks.batch"),
        ),
        "Look": (
            ("tasks", "List the latest tasks.", "tasks.status"),
            ("status", "Show how a task stands.", "tasks.status"),
            ("watch", "Follow a task that is already there.", "tasks.watch"),
            ("events", "List what happened to a task, in order.", "tasks.watch"),
            ("profile", "Show where the time of a task went.", "tasks.profile"),
            ("metrics", "Print the numbers of this installation for Prometheus.", "stack.monitor"),
            ("result", "Show the result of a task.", "tasks.status"),
            ("prompt", "Show what the model that planned a task was sent.", "tasks.prompt"),
            ("report", "Write what became of a task as a page.", "stack.audit"),
        ),
        "Act": (
            ("approve", "Answer what a task asks.", "tasks.approve"),
            ("cancel", "End a task; calls under way are cancelled.", "tasks.control"),
            ("pause", "Start nothing new of a task for now.", "tasks.control"),
            ("resume", "Go on with a paused task.", "tasks.control"),
            ("priority", "Give a task another priority.", "tasks.control"),
            ("brake", "Let nothing begin until it is released.", "tasks.control"),
            ("retry", "Go on with a task where it failed.", "tasks.rerun"),
            ("fork", "Try what else could have become of a task.", "tasks.rerun"),
            ("learn", "Make a template of a plan that completed or was changed.", "tasks.learn"),
            ("undo", "Put back what a task changed.", "tasks.undo"),
        ),
        "Parts": (
            ("servers", "List, add, install, test and accept MCP servers.", "project.servers"),
            ("tools", "List, search and call the live tools.", "project.tools"),
            ("templates", "List, show and check templates.", "project.templates"),
            ("specialist", "Write a specialist of your own.", "project.specialist"),
            ("policy", "Show the policy, and try it on calls.", "project.policy"),
            ("contexts", "List the contexts a task can run in.", "project.contexts"),
            ("trust", "Let files of this project start programs.", "project.trust"),
        ),
        "Processes": (
            ("up", "Start the embedded stack and keep it.", "stack.stack"),
            ("down", "End the embedded stack.", "stack.stack"),
            ("ps", "List the processes that serve tasks.", "stack.stack"),
            ("logs", "Show what the processes wrote.", "stack.stack"),
            ("worker", "Serve one or more queues in this terminal.", "stack.worker"),
            ("beat", "Fire the schedules in this terminal.", "stack.schedule"),
            ("flower", "Show queues, workers and messages in a browser.", "stack.monitor"),
            ("schedule", "Add, list, run and pause what is done again and again.", "stack.schedule"),
            ("serve", "Serve the page, the JSON API and AgentServer.", "stack.serve"),
            ("mcp", "Serve our tasks to MCP clients: editors, assistants.", "stack.mcp"),
        ),
        "Rest": (
            ("audit", "Show, check and export the audit record.", "stack.audit"),
            ("backup", "Write the store and AETHER_HOME into one file.", "stack.backup"),
            ("restore", "Put a backup back, here or on another machine.", "stack.backup"),
            ("doctor", "Say what is wrong with this installation, and the fix.", "stack.doctor"),
            ("config", "Show and check the settings.", "project.config"),
            ("completion", "Print the completion script of a shell.", "stack.completion"),
        ),
    }.items()
    for name, summary, module in rows
}
