"""Who may use the server: tokens of programs, and logins of people by GitHub or another provider."""
