"""`python -m pr_sessions`."""

from pr_sessions.cli.main import main

if __name__ == "__main__":
    main()
