#pragma once

/* The commands of guestops-libvirt. argv[0] is the command; each returns an exit status. */

/* serve URI: tells the daemon at the other end of standard input of that connection's machines. */
int command_serve(int argc, char **argv);
