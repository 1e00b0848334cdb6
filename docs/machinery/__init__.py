"""How the documentation is built, and how its pages come from the program itself."""
