"""`python -m pr_sessions`."""

from pr_sessions.cli.start import main

if __name__ == "__main__":
    main()
