"""What admins do, through whatever door: reload, roll back, upload, grant; decided in one place, always audited."""
