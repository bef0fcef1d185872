# Unit tests of the floor `vm`.

check_PROGRAMS += tests/unit/vm_test
tests_unit_vm_test_SOURCES = tests/unit/vm_test.c $(PROGRAM_FIXTURE)
tests_unit_vm_test_LDADD = $(UNIT_LIBS) $(VM_LIBS)
