#pragma once

/*
 * Where the host is reached: the virtio-serial port by its name, or a socket that we listen on.
 */

#include "base/base.h"

/**
 * port_open() - open the virtio-serial port of that name
 *
 * Looks in /dev/virtio-ports, and where no udev makes that, in /sys/class/virtio-ports.
 *
 * Return: a non-blocking descriptor, -ENOENT where there is no such port, -EBUSY where another
 * process has it.
 */
int port_open(const char *name);

/**
 * port_listen() - listen on a UNIX socket that only this user can reach
 *
 * Return: a non-blocking descriptor, -ENAMETOOLONG, -EADDRINUSE where somebody listens there.
 */
int port_listen(const char *path);
