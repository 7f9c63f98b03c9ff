"""Security Best Practices: nine rules about logins, passwords, memory and the rights of system folders."""
