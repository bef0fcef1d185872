# Unit tests of the floor `bytecode`.
