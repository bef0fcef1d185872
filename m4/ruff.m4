# RUFF_REQUIRE(VAR, PKG-CONFIG MODULE, DEBIAN PACKAGE)
# Sets VAR_CFLAGS and VAR_LIBS. A missing module is remembered in ruff_missing,
# so that one run of configure names every package at once (RUFF_REPORT_MISSING).
AC_DEFUN([RUFF_REQUIRE],
[PKG_CHECK_MODULES([$1], [$2], [], [ruff_missing="$ruff_missing $3"])])

# RUFF_REQUIRE_LIB(VAR, HEADER, FUNCTION, LINKER FLAGS, DEBIAN PACKAGE)
# The same for a library without a pkg-config file, or one linked in a special way.
AC_DEFUN([RUFF_REQUIRE_LIB],
[AC_CACHE_CHECK([for $3 in $4], [AS_TR_SH([ruff_cv_lib_$1])],
[ruff_save_LIBS=$LIBS
LIBS="$4 $LIBS"
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stddef.h>
#include <$2>]], [[return (void *)&$3 == NULL;]])],
  [AS_TR_SH([ruff_cv_lib_$1])=yes], [AS_TR_SH([ruff_cv_lib_$1])=no])
LIBS=$ruff_save_LIBS])
AS_IF([test "$AS_TR_SH([ruff_cv_lib_$1])" = yes], [$1_LIBS="$4"],
      [ruff_missing="$ruff_missing $5"])
AC_SUBST([$1_LIBS])])

# RUFF_REPORT_MISSING
# Stops configure with the one command that installs what is missing.
AC_DEFUN([RUFF_REPORT_MISSING],
[AS_IF([test -n "$ruff_missing"],
  [AC_MSG_ERROR([libraries are missing: install the packages that bring them:
    apt-get install$ruff_missing
(or run scripts/install-deps, which installs everything at once)])])])

# RUFF_ADD_FLAGS(VAR, FLAGS)
# Appends each flag the compiler takes without a warning.
AC_DEFUN([RUFF_ADD_FLAGS],
[for ruff_flag in $2; do
  AS_VAR_PUSHDEF([ruff_cache], [ruff_cv_flag_$ruff_flag])
  AC_CACHE_CHECK([whether $CC takes $ruff_flag], [ruff_cache],
  [ruff_save_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS -Werror $ruff_flag"
  AC_COMPILE_IFELSE([AC_LANG_SOURCE([[int probe(int a); int probe(int a) { return a; }]])],
    [AS_VAR_SET([ruff_cache], [yes])], [AS_VAR_SET([ruff_cache], [no])])
  CFLAGS=$ruff_save_CFLAGS])
  AS_VAR_IF([ruff_cache], [yes], [$1="$$1 $ruff_flag"])
  AS_VAR_POPDEF([ruff_cache])
done])
