#include "session/session.h"

#include "base/secret.h"

#include <search.h>
#include <stdio.h>

/* The tree orders by the first half of the id; the rest is compared in constant time. */
#define PRIVILEGE_ANONYMOUS "System.Anonymous"
#define LOOKUP_CHARS        (SESSION_ID_CHARS / 2)

struct Sessions {
        Loop *loop;
        SessionLimits limits;
        void *by_id;                 /* tsearch(3) */
        TAILQ_HEAD(, Session) items; /* the longest idle first */
        size_t n;
        LoopTimer expiry;
};

static int compare_id(const void *a, const void *b)
{
        return strncmp(((const Session *)a)->id, ((const Session *)b)->id, LOOKUP_CHARS);
}

static void session_release(Session *session)
{
        explicit_bzero(session->id, sizeof(session->id));
        free(session->user);
        free(session->address);
        free(session->user_agent);
        free(session->locale);
        free(session);
}

static int on_expiry(LoopTimer *timer, Usec now);

Sessions *sessions_new(Loop *loop, const SessionLimits *limits)
{
        Sessions *sessions = calloc(1, sizeof(*sessions));

        if (!sessions)
                return NULL;
        sessions->loop = loop;
        sessions->limits = *limits;
        sessions->expiry.on_due = on_expiry;
        TAILQ_INIT(&sessions->items);
        return sessions;
}

Sessions *sessions_free(Sessions *sessions)
{
        Session *session;

        if (!sessions)
                return NULL;
        while ((session = TAILQ_FIRST(&sessions->items))) {
                session->n_calls = 0;
                session_end(sessions, session);
        }
        loop_timer_clear(&sessions->expiry);
        free(sessions);
        return NULL;
}

static int schedule_expiry(Sessions *sessions)
{
        const Session *first = TAILQ_FIRST(&sessions->items);

        if (!first) {
                loop_timer_clear(&sessions->expiry);
                return 0;
        }
        return loop_timer_set(sessions->loop, &sessions->expiry,
                              first->last_active + sessions->limits.idle + 1);
}

static void touch(Sessions *sessions, Session *session, Usec now)
{
        session->last_active = now;
        TAILQ_REMOVE(&sessions->items, session, entry);
        TAILQ_INSERT_TAIL(&sessions->items, session, entry);
}

static int on_expiry(LoopTimer *timer, Usec now)
{
        Sessions *sessions = container_of(timer, Sessions, expiry);
        Session *session;

        while ((session = TAILQ_FIRST(&sessions->items)) &&
               now > session->last_active + sessions->limits.idle) {
                if (session->n_calls > 0)
                        touch(sessions, session, now);
                else
                        session_end(sessions, session);
        }
        return schedule_expiry(sessions);
}

static size_t count_of_user(const Sessions *sessions, const char *user)
{
        const Session *session;
        size_t n = 0;

        TAILQ_FOREACH (session, &sessions->items, entry)
                n += strcmp(session->user, user) == 0;
        return n;
}

/* RFC 9562, version 4 */
static void make_key(char *key)
{
        unsigned char b[16];

        random_bytes(b, sizeof(b));
        b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
        b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
        (void)snprintf(key, 37,
                       "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                       b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
                       b[13], b[14], b[15]);
}

static Session *session_new(const char *user, const char *address, const char *user_agent,
                            const char *locale)
{
        Session *session = calloc(1, sizeof(*session));

        if (!session)
                return NULL;
        random_hex(session->id, SESSION_ID_CHARS / 2);
        make_key(session->key);
        session->user = strdup(user);
        session->address = strdup(address);
        session->user_agent = strdup(user_agent);
        session->locale = strdup(locale);
        if (!session->user || !session->address || !session->user_agent || !session->locale) {
                session_release(session);
                return NULL;
        }
        return session;
}

int session_open(Sessions *sessions, const char *user, const UserRole *role, const char *address,
                 const char *user_agent, const char *locale, int64_t wall, Usec now, Session **ret)
{
        Session *session;

        if (sessions->n >= sessions->limits.max ||
            count_of_user(sessions, user) >= sessions->limits.max_per_user)
                return -EUSERS;
        session = session_new(user, address, user_agent, locale);
        if (!session)
                return -ENOMEM;
        session->role = role;
        session->login_time = session->last_active_time = wall;
        session->last_active = now;
        if (!tsearch(session, &sessions->by_id, compare_id)) {
                session_release(session);
                return -ENOMEM;
        }
        TAILQ_INSERT_TAIL(&sessions->items, session, entry);
        sessions->n++;
        *ret = session;
        return schedule_expiry(sessions);
}

void session_end(Sessions *sessions, Session *session)
{
        if (session->ended)
                return;
        session->ended = true;
        (void)tdelete(session, &sessions->by_id, compare_id);
        TAILQ_REMOVE(&sessions->items, session, entry);
        sessions->n--;
        session->n_calls++; /* calls that wait for what ends now may end with it */
        if (session->own)
                session->own_end(moved(session->own));
        session->n_calls--;
        if (session->n_calls == 0)
                session_release(session);
}

int session_set_locale(Session *session, const char *locale)
{
        char *copy = strdup(locale);

        if (!copy)
                return -ENOMEM;
        free(session->locale);
        session->locale = copy;
        return 0;
}

Session *session_find(Sessions *sessions, const char *id)
{
        Session key = {0};
        Session **found;

        if (!id || strlen(id) != SESSION_ID_CHARS)
                return NULL;
        memcpy(key.id, id, SESSION_ID_CHARS);
        found = tfind(&key, &sessions->by_id, compare_id);
        explicit_bzero(key.id, sizeof(key.id));
        return found && secret_equal((*found)->id, id) ? *found : NULL;
}

bool session_may(const Session *session, const char *privilege)
{
        return strcmp(privilege, PRIVILEGE_ANONYMOUS) == 0 ||
               (session && role_has(session->role, privilege));
}

Session *session_find_key(Sessions *sessions, const char *key)
{
        Session *session;

        TAILQ_FOREACH (session, &sessions->items, entry)
                if (strcmp(session->key, key) == 0)
                        return session;
        return NULL;
}

const Session *sessions_next(const Sessions *sessions, const Session *session)
{
        return session ? TAILQ_NEXT(session, entry) : TAILQ_FIRST(&sessions->items);
}

void session_enter(Sessions *sessions, Session *session, int64_t wall, Usec now)
{
        session->n_calls++;
        session->call_count++;
        session->last_active_time = wall;
        touch(sessions, session, now);
}

void session_leave(Sessions *sessions, Session *session, Usec now)
{
        session->n_calls--;
        if (!session->ended)
                touch(sessions, session, now);
        else if (session->n_calls == 0)
                session_release(session);
}

void sessions_apply_users(Sessions *sessions, const Users *before, const Users *users)
{
        Session *session, *next;
        const UserRole *role;

        for (session = TAILQ_FIRST(&sessions->items); session; session = next) {
                next = TAILQ_NEXT(session, entry);
                role = users_role(users, session->user);
                if (role && role_has(role, "System.View") &&
                    users_same_password(before, users, session->user))
                        session->role = role;
                else
                        session_end(sessions, session);
        }
}
