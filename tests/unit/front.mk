# Unit tests of the floor `front`.
