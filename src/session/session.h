#pragma once

/*
 * Sessions: who is logged in to this service. A session is known by 40 hex digits from the
 * system's random source, in the header vmware-api-session-id or the cookie vmware_soap_session,
 * and ends after an idle time. Source: vSphere Web Services API, SessionManager.
 */

#include "loop/loop.h"
#include "session/users.h"

#define SESSION_ID_CHARS 40

typedef struct Session Session;
struct Session {
        char id[SESSION_ID_CHARS + 1]; /* the secret */
        char key[37];                  /* the public name, a UUID */
        char *user;
        const UserRole *role;
        char *address, *user_agent, *locale;
        int64_t login_time, last_active_time; /* µs since 1970 */
        int64_t call_count;
        Usec last_active; /* CLOCK_BOOTTIME */
        size_t n_calls;   /* in progress: a session in use does not expire */
        bool ended;       /* logged out; freed with its last call */
        /* What the client has made for itself, and how it ends with the session; NULL for none. */
        void *own;
        void (*own_end)(void *own);
        TAILQ_ENTRY(Session) entry;
};

typedef struct Sessions Sessions;

typedef struct SessionLimits {
        Usec idle;
        size_t max, max_per_user;
} SessionLimits;

Sessions *sessions_new(Loop *loop, const SessionLimits *limits);
Sessions *sessions_free(Sessions *sessions);
DEFINE_CLEANUP(Sessions, sessions_free)

/* Return: 0, -EUSERS beyond a limit, -ENOMEM. */
int session_open(Sessions *sessions, const char *user, const UserRole *role, const char *address,
                 const char *user_agent, const char *locale, int64_t wall, Usec now, Session **ret);
/* It is no longer found. The memory goes with its last call. */
void session_end(Sessions *sessions, Session *session);

/* Return: 0, or -ENOMEM with the old one kept. */
int session_set_locale(Session *session, const char *locale);

/* Return: the session of that id, or NULL. */
Session *session_find(Sessions *sessions, const char *id);
/* Return: whether the session's role has the privilege; @session NULL: nobody has logged in. */
bool session_may(const Session *session, const char *privilege);
/* Return: the session of that public key, or NULL. */
Session *session_find_key(Sessions *sessions, const char *key);

/* Return: the session after @session, the first for NULL, or NULL. */
const Session *sessions_next(const Sessions *sessions, const Session *session);

/* A call begins in this session, and ends; both count as activity. */
void session_enter(Sessions *sessions, Session *session, int64_t wall, Usec now);
void session_leave(Sessions *sessions, Session *session, Usec now);

/*
 * Ends the sessions of users that are gone, may do nothing any more, or have another password, and
 * gives the others their present role.
 */
void sessions_apply_users(Sessions *sessions, const Users *before, const Users *users);
