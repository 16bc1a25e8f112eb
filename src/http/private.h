#pragma once

/*
 * What the files of this module share: the server, its table of connections, a request.
 *
 * server.c      listener, the daemon of libmicrohttpd inside our loop
 * connection.c  the table: deadlines, clients that leave, lingering closes
 * handshake.c   TLS handshakes that wait for the client
 * request.c     from the header's end to the answer
 */

#include "http/http.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/queue.h>

typedef struct HttpConnection HttpConnection;

/* Each phase has a queue. Its deadline is a constant, so the first to enter is the first due. */
typedef enum HttpPhase {
        HTTP_PHASE_HEADER, /* TLS handshake and the first header */
        HTTP_PHASE_BODY,
        HTTP_PHASE_IDLE,   /* the answer on its way out, then the next header on its way in */
        HTTP_PHASE_LINGER, /* no longer the daemon's: see connection_linger() */
        HTTP_PHASE_PARKED, /* the first phase without deadline: the handler has its own */
        HTTP_PHASE_CUT,    /* shut down, and soon reported as closed */
        HTTP_PHASE_MAX,
} HttpPhase;

struct HttpConnection {
        HttpServer *server;
        struct MHD_Connection *mhd;
        int fd; /* the daemon's; our own while lingering */
        HttpPhase phase;
        Usec due;
        bool unread; /* answered while the client was still sending */
        LoopIo io;   /* watched while parked, held or lingering */
        HttpRequest *parked;
        TAILQ_ENTRY(HttpConnection) entry;

        uint32_t stall; /* what a handshake waits for, until it is held; 0: nothing */
        bool is_held;   /* suspended until that comes */
        TAILQ_ENTRY(HttpConnection) stalled_entry;
};

TAILQ_HEAD(HttpConnections, HttpConnection);

typedef enum HttpRequestState {
        HTTP_REQUEST_READING,
        HTTP_REQUEST_HANDLED, /* inside on_request() */
        HTTP_REQUEST_PARKED,
        HTTP_REQUEST_ENDED, /* answered, or given up: the handler has forgotten it */
} HttpRequestState;

struct HttpRequest {
        HttpConnection *connection;
        HttpRequestState state;
        unsigned int refusal;      /* status that we answer ourselves; 0: none so far */
        const char *method, *path; /* the daemon's, until the request is completed */
        Buf body;
        char peer[INET6_ADDRSTRLEN];
        void *user;
};

struct HttpServer {
        Loop *loop;
        HttpConfig config; /* the texts in it are not kept */
        HttpCallbacks callbacks;
        uint16_t port;
        bool stopping;

        struct MHD_Daemon *daemon;
        LoopIo io;       /* the daemon's epoll */
        LoopTimer timer; /* the daemon's timeout */
        LoopTask turn;   /* runs the daemon, at most once per turn of the loop */

        struct HttpConnections connections[HTTP_PHASE_MAX], stalled;
        LoopTimer deadline;
        size_t n_connections, n_lingering;
};

/* Lets the daemon run at the end of this turn. */
void http_server_wake(HttpServer *server);

/* Called by the daemon for each connection's begin and end; @context holds our entry. */
void http_connection_notify(void *cls, struct MHD_Connection *mhd, void **context,
                            enum MHD_ConnectionNotificationCode code);

/* Moves the connection into @phase, where its time begins to run anew. */
void http_connection_enter(HttpConnection *connection, HttpPhase phase);

/* Ends a connection whatever it is doing; its request, if any, is not told. */
void http_connection_cut(HttpConnection *connection);

/* Takes the connection out of the daemon's hands until http_connection_unpark(). */
void http_connection_park(HttpConnection *connection, HttpRequest *request);
void http_connection_unpark(HttpConnection *connection, HttpPhase phase);

/* Cuts what is parked or held, which the daemon cannot do, and closes what lingers. */
void http_connections_stop(HttpServer *server);

/* Looks after the handshake of a new connection, if it has one. */
void http_handshake_watch(HttpConnection *connection);

/* Suspends the connections that the last run of the daemon left waiting in their handshakes. */
void http_handshakes_hold(HttpServer *server);
void http_handshake_resume(HttpConnection *connection);
void http_handshake_forget(HttpConnection *connection);

/* The timer for all deadlines. */
int http_connections_on_due(LoopTimer *timer, Usec now);

/* Called by the daemon for the header, for each part of the body, and for its end. */
enum MHD_Result http_request_on_part(void *cls, struct MHD_Connection *mhd, const char *url,
                                     const char *method, const char *version, const char *data,
                                     size_t *size, void **context);
void http_request_on_completed(void *cls, struct MHD_Connection *mhd, void **context,
                               enum MHD_RequestTerminationCode code);

/* The client left its parked request. */
void http_request_gone(HttpRequest *request, Usec now);
