"""`python -m assistant` is the `assistant` command."""

from assistant.command.cli import main

if __name__ == "__main__":
    main()
