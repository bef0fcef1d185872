#include "config.h"

#include "command.h"

#include "base/diag.h"

int main(int argc, char **argv)
{
    diag_start();
    return diag_finish(COMMAND_PROGRAM, command_main(argc, argv));
}
