#pragma once

/*
 * What <sys/pidfd.h> declares, without glibc 2.36: many guests have an older one.
 *
 * Source: pidfd_open(2), pidfd_send_signal(2).
 */

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Return: a descriptor that closes on exec, or -1 and errno. */
static inline int pidfd_open(pid_t pid, unsigned int flags)
{
        return (int)syscall(SYS_pidfd_open, pid, flags);
}

/* Return: 0, or -1 and errno. */
static inline int pidfd_send_signal(int fd, int signo, siginfo_t *info, unsigned int flags)
{
        return (int)syscall(SYS_pidfd_send_signal, fd, signo, info, flags);
}
