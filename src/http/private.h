#pragma once

/*
 * What the files of this module share: the server, its table of connections, a request.
 *
 * server.c      listener, the daemon of libmicrohttpd inside our loop
 * connection.c  the table: deadlines, clients that leave, lingering closes
 * handshake.c   bytes of TLS; handshakes that wait for the client
 * framing.c     where a body ends, judged once more
 * request.c     from the header's end to the request's end
 * answer.c      answers, and when they can be sent
 * stream-in.c   bodies in parts
 * stream-out.c  answers in blocks
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
        HTTP_PHASE_STREAM, /* begins anew whenever the client has moved something */
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
        char peer[INET6_ADDRSTRLEN];
        HttpPhase phase;
        Usec due;
        bool unread; /* answered while the client was still sending */
        LoopIo io;   /* while watched, held or lingering */
        HttpRequest *watched;
        bool is_parked;
        bool is_sending;     /* a streamed answer */
        uint64_t n_received; /* by the client, when its phase began; of such an answer */
        TAILQ_ENTRY(HttpConnection) entry;

        char *ahead; /* bytes of TLS that GnuTLS has not asked for yet, or NULL */
        size_t ahead_from, ahead_to;

        uint32_t stall; /* what a handshake waits for, until it is held; 0: nothing */
        bool is_held;   /* suspended until that comes */
        TAILQ_ENTRY(HttpConnection) stalled_entry;
};

TAILQ_HEAD(HttpConnections, HttpConnection);

typedef enum HttpRequestState {
        HTTP_REQUEST_READING,
        HTTP_REQUEST_HANDLED, /* the handler has it, from on_request() on */
        HTTP_REQUEST_SENDING, /* answered by a stream, which the handler feeds */
        HTTP_REQUEST_ENDED,   /* answered, or given up: the handler has forgotten it */
} HttpRequestState;

/* How far the daemon has read. Only in the middle it takes no answer. */
typedef enum HttpPlace {
        HTTP_PLACE_HEADER,
        HTTP_PLACE_BODY,
        HTTP_PLACE_END,
} HttpPlace;

struct HttpRequest {
        HttpConnection *connection;
        HttpRequestState state;
        HttpPlace place;
        unsigned int refusal;      /* status that we answer ourselves; 0: none so far */
        const char *method, *path; /* the daemon's, until the request is completed */
        bool has_body, is_streamed;
        int64_t length; /* -1: the header does not say */
        Buf body;
        void *user;

        HttpSink sink; /* without .on_part: the body is not wanted yet */
        bool is_whole; /* the sink has been told of the body's end */
        HttpSource source;
        bool may_go_on; /* said while it was asked */

        struct MHD_Response *held; /* an answer that waits for the body's end */
        unsigned int held_status;
        bool is_substituted; /* by "500", as the handler's answer could not be made */
};

struct HttpServer {
        Loop *loop;
        HttpConfig config; /* the texts in it are not kept */
        HttpCallbacks callbacks;
        uint16_t port;
        bool stopping;

        struct MHD_Daemon *daemon;
        LoopIo io;                /* the daemon's epoll */
        LoopTimer timer;          /* the daemon's timeout */
        LoopTask turn;            /* runs the daemon, at most once per turn of the loop */
        unsigned int n_vain_runs; /* in a row, in which it called none of us */

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

/* Looks out for a client that leaves, which ends @request: until unwatched. */
void http_connection_watch(HttpConnection *connection, HttpRequest *request);
void http_connection_unwatch(HttpConnection *connection);

/* Takes the connection out of the daemon's hands until it is unparked, and watches it from now. */
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

/* Gives the request to the handler. */
void http_request_handle(HttpRequest *request);

/* Ends it; the handler is told if it is still waiting for this request. */
void http_request_gone(HttpRequest *request, Usec now);

/* Notes length and kind of the body. Return: 0, or the status with which to refuse. */
unsigned int http_framing_judge(HttpRequest *request, const char *version);

/* Takes @response over, NULL too. Return: @response with all of @headers, or NULL. */
struct MHD_Response *http_response_with(struct MHD_Response *response, const HttpHeader *headers,
                                        size_t n_headers);

/* Sends @response, which is taken over, or holds it; "500" for NULL. */
void http_answer(HttpRequest *request, unsigned int status, struct MHD_Response *response);
enum MHD_Result http_answer_held(HttpRequest *request);
enum MHD_Result http_refuse(HttpRequest *request);

/* Of a streamed request: at its header (each time), for a part of its body, and at its end. */
enum MHD_Result http_stream_turn(HttpRequest *request);
enum MHD_Result http_stream_part(HttpRequest *request, const char *data, size_t *size);

/* Parks the stream until http_stream_go_on(), which may have been called already. */
void http_stream_wait(HttpRequest *request);
void http_stream_go_on(HttpRequest *request);

/* The daemon has sent all of the answer. */
void http_stream_sent(HttpRequest *request);
