"""`python -m stream` is `portrait`."""

from stream.cli.main import main

if __name__ == "__main__":
    main()
