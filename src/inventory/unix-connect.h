#pragma once

/*
 * UNIX sockets of QEMU and its like on this host: connecting only to those that nobody without
 * rights can have put there, and saying nothing to a QEMU that serves another client.
 *
 * Source: unix(7), path_resolution(7), sock_diag(7).
 */

#include "loop/loop.h"

#define UNIX_WHY_MAX 400

/**
 * unix_connect() - connect to a UNIX stream socket without waiting
 * @why:        of UNIX_WHY_MAX bytes; for a failure, a text for a sentence
 *
 * The last part of @path may not be a symbolic link. The socket has to belong to root, to us, or
 * to somebody else who alone, with those two, can write to the directories that it is in.
 *
 * Return: 0, -EAGAIN where too many wait for the listener already, -EPERM where it may be a
 * stranger's, -ELOOP for a symbolic link, -ENAMETOOLONG, or what open(2) and connect(2) say.
 */
int unix_connect(const char *path, char *why, int *ret_fd);

/**
 * unix_watch() - have it told when a socket that is not there is made
 * @path:       lives as long as the watch
 * @error:      what unix_connect() has returned for it; nothing is watched where somebody listens
 *
 * Return: whether it will be told.
 */
bool unix_watch(const char *path, int error, Loop *loop, LoopPath *watch);

/**
 * unix_is_accepted() - whether the listener has accepted a connection
 * @fd:         of unix_connect()
 * @now:        the loop's; where many ask at the same time, the answer may be as old as that
 *
 * QEMU accepts one client, and the next one only when that has left. What is written before is
 * kept, and reaches the guest then.
 *
 * Return: 1 or 0; or a negative errno, as -ENOENT, where the kernel does not tell.
 */
int unix_is_accepted(int fd, Usec now);
