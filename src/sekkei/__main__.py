"""``python -m sekkei``: the same as ``sekkei``."""

from sekkei.cli.main import main

if __name__ == "__main__":
    main()
