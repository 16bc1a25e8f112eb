#pragma once

/*
 * For the tests of this module: a real server in a thread.
 *
 * Nothing sleeps. The server's thread reports what happened through one pipe and is told what to
 * do through another; all else is waiting for a socket.
 */

#include "http/http.h"

#include <pthread.h>

#define PATIENCE   20000 /* ms until the test is declared hung */
#define PARKED_MAX 4

extern unsigned int failures;

/* Of TLS or plain, which is @wire: a difference is printed and counted. */
void expect_text(const char *about, const char *wire, const char *what, const char *got,
                 const char *expected);
void expect_start(const char *about, const char *wire, const char *got, const char *start);
void expect_end(const char *about, const char *wire, const char *got, const char *end);
void expect_number(const char *about, const char *wire, long got, long expected);

/* What the test itself needs: ends it where it is missing. */
void must(const char *what, bool ok);

typedef struct Site Site;
struct Site {
        HttpConfig config;
        HttpCallbacks callbacks; /* without .on_request: those of this file */
        void (*on_command)(Site *site, char command);
        const char *wire;
        Buf cert, key;
        pthread_t thread;
        int events[2];   /* 's' started, 'p' parked, 'g' gone, or how many connections there are */
        int commands[2]; /* 'r' reply to the first parked, 'c' connections, 'q' quit */

        Loop *loop;
        HttpServer *server;
        LoopIo io;
        HttpRequest *parked[PARKED_MAX];
        size_t n_parked;
};

void site_log(const char *name);
void site_start(Site *site, bool tls, const char *address);
void site_stop(Site *site);

/* The server's side. */
void site_tell(Site *site, char event);

/* The test's side. */
void site_command(Site *site, char command);
void site_await(Site *site, const char *about, char event);
void site_await_connections(Site *site, const char *about, char expected);

/* Return: processor time used by all threads. */
Usec processor_usec(void);
