#pragma once

/* Commands of guestops-libvirt that guestops(1) executes. */

/* Each returns an exit status: 0, 1 where something failed, 2 where it was not understood. */
int attach_run(int argc, char **argv);
int detach_run(int argc, char **argv);
int describe_run(int argc, char **argv);
