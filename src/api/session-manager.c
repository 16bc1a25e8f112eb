/* SessionManager. Source: vSphere Web Services API, release 8.0.2.0. */

#include "api/handlers.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

#include <ctype.h>
#include <stdio.h>

#define LOGINS_PER_ADDRESS_MAX 64
#define LOCALE_CHARS_MAX       16

/* A login whose password is being hashed. */
struct PendingLogin {
        UserCheck *check;
        Service *service;
        Call *call; /* NULL where the client has left */
        char address[64];
        TAILQ_ENTRY(PendingLogin) entry;
};

/* So that one address cannot keep all others from logging in. */
static bool has_many_pending(const Service *service, const char *address)
{
        const PendingLogin *pending;
        size_t n = 0;

        TAILQ_FOREACH (pending, &service->logins, entry)
                n += strcmp(pending->address, address) == 0;
        return n >= LOGINS_PER_ADDRESS_MAX;
}

static int open_session(Service *service, Call *call, const UserRole *role, Usec now)
{
        const LoginRequestType *args = call->params;
        const UserSession *described;
        Session *session = NULL;
        int r;

        r = session_open(service->sessions, args->user_name, role, call->address, call->user_agent,
                         args->locale ? args->locale : "en", clock_realtime(), now, &session);
        if (r == -EUSERS)
                return call_fault(call, FAULT_SYSTEM_ERROR, "too many sessions",
                                  "Too many sessions are open; log out of one, or wait until one "
                                  "expires.");
        if (r < 0)
                return r;
        described = session_describe(call->arena, session);
        if (!described) {
                session_end(service->sessions, session);
                return -ENOMEM;
        }
        call->opened = session;
        call_reply(call, &described, now);
        return 0;
}

/* The users may have been read anew while the password was hashed. */
static int finish_login(Service *service, Call *call, bool accepted, Usec now)
{
        const LoginRequestType *args = call->params;
        const UserRole *role = users_role(service->users, args->user_name);

        if (!accepted || !role) {
                log_warning("login of '%.64s' from %s refused", args->user_name, call->address);
                return call_fault(call, FAULT_INVALID_LOGIN, NULL,
                                  "Cannot complete login due to an incorrect user name or "
                                  "password.");
        }
        if (!role_has(role, "System.View"))
                return call_fault(call, FAULT_NO_PERMISSION, NULL,
                                  "Permission to perform this operation was denied.");
        return open_session(service, call, role, now);
}

static int on_checked(WorkerJob *job, Usec now)
{
        UserCheck *check = container_of(job, UserCheck, job);
        PendingLogin *pending = check->user;
        Call *call = pending->call;

        if (call && finish_login(pending->service, call, check->accepted, now) < 0)
                call_fail(call, now);
        TAILQ_REMOVE(&pending->service->logins, pending, entry);
        user_check_free(check);
        free(pending);
        return 0;
}

static void on_abandon(Call *call, Usec now)
{
        PendingLogin *pending = call->parked;

        (void)now;
        pending->call = NULL;
}

/* ISO 639, and perhaps a country: en, fr_CA. */
static bool is_locale(const char *text)
{
        size_t n = strlen(text);

        for (size_t i = 0; i < n; i++)
                if (!isalnum((unsigned char)text[i]) && text[i] != '_' && text[i] != '-')
                        return false;
        return n >= 2 && n <= LOCALE_CHARS_MAX;
}

static int check_locale(Call *call, const char *locale)
{
        return is_locale(locale)
                       ? 0
                       : call_fault(call, FAULT_INVALID_LOCALE, NULL, "'%s' is no locale.", locale);
}

static int login(Service *service, Call *call, Usec now)
{
        const LoginRequestType *args = call->params;
        PendingLogin *pending;
        UserCheck *check;
        int r = 0;

        (void)now;
        if (strlen(args->user_name) > USER_NAME_MAX)
                return call_fault(call, FAULT_INVALID_LOGIN, NULL,
                                  "Cannot complete login due to an incorrect user name or "
                                  "password.");
        if (args->locale)
                r = check_locale(call, args->locale);
        if (r < 0)
                return r;
        check = user_check_new(service->users, args->user_name, args->password);
        pending = calloc(1, sizeof(*pending));
        if (!check || !pending) {
                user_check_free(check);
                free(pending);
                return -ENOMEM;
        }
        *pending = (PendingLogin){.check = check, .service = service, .call = call};
        (void)snprintf(pending->address, sizeof(pending->address), "%s", call->address);
        check->user = pending;
        check->job.done = on_checked;
        if (has_many_pending(service, call->address) ||
            worker_pool_submit(service->workers, &check->job) < 0) {
                user_check_free(check);
                free(pending);
                return call_fault(call, FAULT_SYSTEM_ERROR, "too many logins",
                                  "Too many logins wait to be checked; try again later.");
        }
        TAILQ_INSERT_TAIL(&service->logins, pending, entry);
        call->audit_event = "login"; /* what costs us no hash costs us no line either */
        call->audit_user = args->user_name;
        call->parked = pending;
        call->abandon = on_abandon;
        return 0;
}

static int logout(Service *service, Call *call, Usec now)
{
        call->audit_event = "logout";
        session_end(service->sessions, call->session);
        call_reply(call, NULL, now);
        return 0;
}

static int session_is_active(Service *service, Call *call, Usec now)
{
        const SessionIsActiveRequestType *args = call->params;
        const Session *session = session_find_key(service->sessions, args->session_id);
        bool active = session && strcmp(session->user, args->user_name) == 0;

        call_reply(call, &active, now);
        return 0;
}

static int set_locale(Service *service, Call *call, Usec now)
{
        const SetLocaleRequestType *args = call->params;
        int r = check_locale(call, args->locale);

        (void)service;
        if (r >= 0)
                r = session_set_locale(call->session, args->locale);
        if (r >= 0)
                call_reply(call, NULL, now);
        return r;
}

static int terminate_one(Service *service, Call *call, const char *key, Buf *ended)
{
        Session *session = session_find_key(service->sessions, key);

        if (!session)
                return call_fault(call, FAULT_NOT_FOUND, NULL, "There is no session '%s'.", key);
        if (session == call->session)
                return call_fault(call, FAULT_INVALID_ARGUMENT, "sessionId",
                                  "A specified parameter was not correct: sessionId (this session "
                                  "is ended by Logout)");
        buf_putf(ended, "%s%s of %s", ended->size ? ", " : "", session->key, session->user);
        session_end(service->sessions, session);
        return 0;
}

/* One after the other: what comes before a key that is none has been ended. */
static int terminate_session(Service *service, Call *call, Usec now)
{
        const TerminateSessionRequestType *args = call->params;
        _cleanup_(buf_done) Buf ended = {0};
        const char *text;
        int r = 0;

        call->audit_event = "terminate-session";
        for (size_t i = 0; r >= 0 && i < args->session_id.n; i++)
                r = terminate_one(service, call, args->session_id.items[i], &ended);
        text = ended.size ? buf_text(&ended) : NULL;
        if (text)
                call->target = arena_strdup(call->arena, text);
        if (r >= 0)
                call_reply(call, NULL, now);
        return r;
}

const Handler session_manager_handlers[] = {
        {"Login", login},
        {"Logout", logout},
        {"SessionIsActive", session_is_active},
        {"SetLocale", set_locale},
        {"TerminateSession", terminate_session},
};
const size_t n_session_manager_handlers = ELEMENTS(session_manager_handlers);
