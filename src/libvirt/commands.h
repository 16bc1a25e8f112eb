#pragma once

/* The commands of guestops-libvirt. argv[0] is the command; each returns an exit status. */

/* serve URI: tells the daemon at the other end of standard input of that connection's machines. */
int command_serve(int argc, char **argv);

/*
 * For guestops(1): 0, 1 where something failed, 2 where it was not understood.
 *
 * attach, detach: [-c URI] [--vsock[=CID]] [--port NAME] DOMAIN. describe: DOMAIN [URI].
 */
int command_attach(int argc, char **argv);
int command_describe(int argc, char **argv);
int command_detach(int argc, char **argv);
