"""Who may do what: roles, the policy of approvals, and secrets."""
