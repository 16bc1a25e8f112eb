#pragma once

/*
 * Service: what requests are served from. Made once by the daemon; handlers borrow it.
 */

#include "audit/audit.h"
#include "guestops/forward.h"
#include "http/http.h"
#include "inventory/inventory.h"
#include "loop/worker.h"
#include "property/object.h"
#include "session/session.h"

typedef struct PendingLogin PendingLogin; /* session-manager.c */

typedef struct Service {
        Loop *loop;
        WorkerPool *workers;
        Users *users;
        TAILQ_HEAD(PendingLogins, PendingLogin) logins; /* whose password is being checked */
        Sessions *sessions;
        Audit *audit;
        GuestOps *guestops;
        Inventory *inventory;
        AboutInfo about;
        HostFacts host;
        Usec refused;             /* when the audit was last told of a URL that is none */
        size_t session_calls_max; /* of one session, in progress */
        size_t arena_bytes_max;   /* of one call, its answer included */
} Service;

/* The releases that are spoken, the newest first; ended by NULL. */
extern const char *const service_releases[];

/* How large the request's body may be; not much before login. */
size_t client_call_body_max(Service *service, HttpRequest *request, size_t max);
/* Return: whether the request is handled before its body is there. */
bool dispatch_is_streamed(HttpRequest *request);
/* Answers one HTTP request, now or later. */
void dispatch_request(Service *service, HttpRequest *request, Usec now);
/* The client of a parked request has left. */
void dispatch_gone(Service *service, HttpRequest *request, Usec now);
