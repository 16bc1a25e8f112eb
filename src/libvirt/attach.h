#pragma once

/*
 * The commands of guestops-libvirt that guestops(1) executes. argv[0] is the command; each returns
 * an exit status: 0, 1 where something failed, 2 where it was not understood.
 */

int command_attach(int argc, char **argv);
int command_detach(int argc, char **argv);
int command_describe(int argc, char **argv); /* DOMAIN [URI] */
