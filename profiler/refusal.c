#include "config.h"

#include "refusal.h"

#include <errno.h>
#include <string.h>

const char *refusal_cause(int error)
{
    switch (error) {
    case EACCES:
    case EPERM: return "not permitted";
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP: return "this machine has no counter for it";
    case ENOSYS: return "the kernel has no perf events";
    case EINVAL: return "the kernel does not know the event or the way it is asked for";
    case EMFILE:
    case ENFILE: return "too many open files";
    default: return strerror(error);
    }
}

const char *refusal_cure(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
        return "lower the sysctl kernel.perf_event_paranoid to 2, or run with CAP_PERFMON";
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP: return "use task-clock, or a machine that shows its counters";
    case ENOSYS: return "use a kernel with CONFIG_PERF_EVENTS";
    case EMFILE:
    case ENFILE: return "raise the limit of ulimit -n";
    default: return NULL;
    }
}
