# Unit tests of the floor `lib`.
