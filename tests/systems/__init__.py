"""Real systems: databases, restic, servers over SSH, Terraform, a store with TLS, each started for these tests.

Twelve worlds in which a change goes wrong, and a test of each that asks for the right end of it:

1. drift between the preview and the yes: test_fleet (what_drifted_since_the_preview), test_access (what_drifted)
2. a host lost in the midst of an apply: test_fleet (a_host_lost_in_the_midst)
3. wrong credentials: test_dumps (wrong_credentials), test_fleet (wrong_keys), test_imports (what_fails_leaves_nothing)
4. a full disk: test_dumps (a_full_disk), test_folders (what_fails_leaves_nothing)
5. a second person changes the same: test_terraform (what_a_second_person_applied)
6. a tool that lies about success: test_fleet (never_comes_to_rest), test_migration (what_fails_leaves_nothing_behind)
7. an apply killed half-way: test_terraform (killed_half_way)
8. a check that disagrees: test_imports (what_was_spoilt), test_access (revoked_by_name_but_held_by_another_way)
9. an apply that fails half-way: test_schema_changes (half_way), test_terraform (fails_half_way)
10. a backup that is corrupted: test_dumps (a_corrupted_dump), test_folders (a_spoilt_repository)
11. somebody works with what is to be replaced: test_dumps (not_replaced_under_somebody)
12. an undo of what others have changed since: test_dumps (what_changed_after_a_restore), test_imports (discarded)
"""
