/*
 * What starting programs costs on this machine when nothing stands between: fork and exec of the
 * shell, by a program that has next to no memory to copy. The limit for the agent.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONCURRENCY_MAX 1024

static double now_usec(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return 1e6 * (double)now.tv_sec + 1e-3 * (double)now.tv_nsec;
}

static _Noreturn void die(const char *what)
{
        perror(what);
        exit(EXIT_FAILURE);
}

/* Return: the pipe that closes with the exec. */
static int spawn(void)
{
        static char *const argv[] = {"/bin/bash", "-c", "\"/bin/true\"", NULL};
        static char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
        int fds[2];
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
                die("pipe2");
        pid = fork();
        if (pid < 0)
                die("fork");
        if (pid == 0) {
                execve(argv[0], argv, environment);
                (void)!write(fds[1], "", 1);
                _exit(EXIT_FAILURE);
        }
        (void)close(fds[1]);
        return fds[0];
}

static void expect_executed(int fd)
{
        char byte;
        ssize_t n;

        do
                n = read(fd, &byte, 1);
        while (n < 0 && errno == EINTR);
        if (n != 0)
                die("exec");
        (void)close(fd);
}

/* Prints for each: microseconds until the exec, and until its end. One after the other. */
static void measure_each(int count)
{
        for (int i = 0; i < count; i++) {
                double began = now_usec(), executed;

                expect_executed(spawn());
                executed = now_usec();
                if (wait(NULL) < 0)
                        die("wait");
                (void)printf("%.1f %.1f\n", executed - began, now_usec() - began);
        }
}

/* Prints the microseconds from the first start until the last one's end. */
static void measure_rate(int count, int concurrency)
{
        int epoll = epoll_create1(EPOLL_CLOEXEC), begun = 0, executed = 0, ended = 0;
        struct epoll_event ready[CONCURRENCY_MAX];
        double began = now_usec();

        if (epoll < 0)
                die("epoll_create1");
        while (executed < count) {
                int n;

                for (; begun < count && begun - executed < concurrency; begun++) {
                        struct epoll_event event = {.events = EPOLLIN, .data.fd = spawn()};

                        if (epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event) < 0)
                                die("epoll_ctl");
                }
                n = epoll_wait(epoll, ready, CONCURRENCY_MAX, -1);
                for (int i = 0; i < n; i++, executed++) {
                        /* Children that have not executed yet hold it open. */
                        (void)epoll_ctl(epoll, EPOLL_CTL_DEL, ready[i].data.fd, NULL);
                        expect_executed(ready[i].data.fd);
                }
                while (waitpid(-1, NULL, WNOHANG) > 0)
                        ended++;
        }
        for (; ended < count; ended++)
                if (wait(NULL) < 0)
                        die("wait");
        (void)printf("%.1f\n", now_usec() - began);
}

int main(int argc, char **argv)
{
        int count = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;
        int concurrency = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;

        if (argc == 3 && strcmp(argv[1], "each") == 0 && count > 0) {
                measure_each(count);
        } else if (argc == 4 && strcmp(argv[1], "rate") == 0 && count > 0 && concurrency > 0 &&
                   concurrency <= CONCURRENCY_MAX) {
                measure_rate(count, concurrency);
        } else {
                (void)fputs("Usage: spawn-limit each COUNT | rate COUNT CONCURRENCY\n", stderr);
                return EXIT_FAILURE;
        }
        return EXIT_SUCCESS;
}
