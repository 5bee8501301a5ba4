"""What admins do, from whatever side: reload, roll back, upload, grant; decided in one place, always audited."""
