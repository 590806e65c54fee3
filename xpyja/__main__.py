"""``python -m xpyja``."""

from xpyja.cli.main import main

if __name__ == "__main__":
    main()
