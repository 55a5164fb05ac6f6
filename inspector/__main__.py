"""`python -m inspector`: the same program as the console command `inspector`."""

from inspector.cli.main import main

if __name__ == "__main__":
    main()
