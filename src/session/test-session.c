/* Sessions: who is found by what, who expires and who does not. */

#include "base/test-file.h"
#include "base/test.h"
#include "session/session.h"

#define SECOND USEC_PER_SEC
#define WALL   INT64_C(1700000000000000)

static const char *const all[] = {"*", NULL};
static const UserRole role = {"Admin", all};

typedef struct Site {
        Loop *loop;
        Sessions *sessions;
} Site;

static Site site_make(Usec idle, size_t max, size_t max_per_user)
{
        const SessionLimits limits = {.idle = idle, .max = max, .max_per_user = max_per_user};
        Site site = {0};

        if (loop_new(&site.loop) < 0)
                abort();
        site.sessions = sessions_new(site.loop, &limits);
        if (!site.sessions)
                abort();
        return site;
}

static void site_done(Site *site)
{
        sessions_free(site->sessions);
        loop_free(site->loop);
}

static Session *open_session(Site *site, const char *user, Usec now)
{
        Session *session = NULL;

        EXPECT_INT(user,
                   session_open(site->sessions, user, &role, "192.0.2.1", "govc/1", "en", WALL, now,
                                &session),
                   0);
        if (!session)
                abort();
        return session;
}

static void test_open(void)
{
        _cleanup_(site_done) Site site = site_make(SECOND, 10, 10);
        Session *session = open_session(&site, "alice", 1000);
        Session *other = open_session(&site, "alice", 1000);

        EXPECT_INT("digits of the id", strspn(session->id, "0123456789abcdef"), SESSION_ID_CHARS);
        EXPECT_INT("no more of them", strlen(session->id), SESSION_ID_CHARS);
        EXPECT_INT("a UUID", strlen(session->key), 36);
        EXPECT("of version 4", session->key[14] == '4' && strchr("89ab", session->key[19]));
        EXPECT("ids differ", strcmp(session->id, other->id) != 0);
        EXPECT("keys differ", strcmp(session->key, other->key) != 0);
        EXPECT("the key tells nothing of the id", !strstr(session->id, session->key));
        EXPECT_STR("user", session->user, "alice");
        EXPECT_STR("address", session->address, "192.0.2.1");
        EXPECT_STR("user agent", session->user_agent, "govc/1");
        EXPECT_STR("locale", session->locale, "en");
        EXPECT("role", session->role == &role);
        EXPECT_INT("login time", session->login_time, WALL);
        EXPECT_INT("last active", session->last_active_time, WALL);
        EXPECT_INT("no call yet", session->call_count, 0);
}

static void test_locale(void)
{
        _cleanup_(site_done) Site site = site_make(SECOND, 10, 10);
        Session *session = open_session(&site, "alice", 1000);
        Session *other = open_session(&site, "alice", 1000);

        EXPECT_INT("set", session_set_locale(session, "fr_CA"), 0);
        EXPECT_STR("another", session->locale, "fr_CA");
        EXPECT_STR("of this session alone", other->locale, "en");
}

static void test_find(void)
{
        static const struct {
                const char *about;
                size_t length;   /* that much of the id */
                size_t wrong_at; /* with that digit replaced; 99: none */
                const char *behind;
                bool found;
        } rows[] = {
                {"the id", 40, 99, "", true},
                {"first digit wrong", 40, 0, "", false},
                {"last digit of the first half wrong", 40, 19, "", false},
                {"first digit of the second half wrong", 40, 20, "", false},
                {"last digit wrong", 40, 39, "", false},
                {"nothing", 0, 99, "", false},
                {"one digit less", 39, 99, "", false},
                {"one digit more", 40, 99, "0", false},
                {"the first half", 20, 99, "", false},
                {"twice as long", 40, 99, "0000000000000000000000000000000000000000", false},
                {"a blank behind it", 40, 99, " ", false},
        };
        _cleanup_(site_done) Site site = site_make(SECOND, 100, 100);
        Session *sessions[20];

        for (size_t i = 0; i < ELEMENTS(sessions); i++)
                sessions[i] = open_session(&site, "alice", 0);
        for (size_t i = 0; i < ELEMENTS(rows); i++)
                for (size_t k = 0; k < ELEMENTS(sessions); k++) {
                        char id[128];

                        (void)snprintf(id, sizeof(id), "%.*s%s", (int)rows[i].length,
                                       sessions[k]->id, rows[i].behind);
                        if (rows[i].wrong_at < 40)
                                id[rows[i].wrong_at] = id[rows[i].wrong_at] == '0' ? '1' : '0';
                        EXPECT(rows[i].about, session_find(site.sessions, id) ==
                                                      (rows[i].found ? sessions[k] : NULL));
                }
        EXPECT("no id", !session_find(site.sessions, NULL));
        EXPECT("the key is no id", !session_find(site.sessions, sessions[0]->key));
        for (size_t k = 0; k < ELEMENTS(sessions); k++)
                EXPECT("by its key",
                       session_find_key(site.sessions, sessions[k]->key) == sessions[k]);
        EXPECT("the id is no key", !session_find_key(site.sessions, sessions[0]->id));
        EXPECT("no key", !session_find_key(site.sessions, ""));
}

static void test_end_of_session(void)
{
        _cleanup_(site_done) Site site = site_make(SECOND, 10, 10);
        Session *session = open_session(&site, "alice", 0);
        Session *other = open_session(&site, "alice", 0);
        char id[SESSION_ID_CHARS + 1], key[37];

        memcpy(id, session->id, sizeof(id));
        memcpy(key, session->key, sizeof(key));
        session_enter(site.sessions, session, WALL, 1);
        session_enter(site.sessions, session, WALL, 1);
        session_end(site.sessions, session);
        session_end(site.sessions, session);
        EXPECT("in use: not found any more", !session_find(site.sessions, id));
        EXPECT("nor by its key", !session_find_key(site.sessions, key));
        EXPECT("but still there", session->ended && strcmp(session->user, "alice") == 0);
        session_leave(site.sessions, session, 2);
        EXPECT_STR("until its last call", session->user, "alice");
        session_leave(site.sessions, session, 3); /* freed; a leak would be seen */
        EXPECT("the other is", session_find(site.sessions, other->id) == other);
        memcpy(id, other->id, sizeof(id));
        session_end(site.sessions, other);
        EXPECT("not in use: gone at once", !session_find(site.sessions, id));
}

static void test_calls(void)
{
        _cleanup_(site_done) Site site = site_make(SECOND, 10, 10);
        Session *session = open_session(&site, "alice", 100);

        session_enter(site.sessions, session, WALL + 5, 200);
        EXPECT_INT("in progress", session->n_calls, 1);
        EXPECT_INT("last active, as clients see it", session->last_active_time, WALL + 5);
        EXPECT_INT("last active", session->last_active, 200);
        session_leave(site.sessions, session, 300);
        EXPECT_INT("none in progress", session->n_calls, 0);
        EXPECT_INT("its end counts too", session->last_active, 300);
        session_enter(site.sessions, session, WALL + 6, 400);
        session_leave(site.sessions, session, 500);
        EXPECT_INT("calls", session->call_count, 2);
}

static void test_limits(void)
{
        static const struct {
                const char *about, *user;
                int result;
        } rows[] = {
                {"first", "alice", 0},        {"second", "alice", 0},
                {"third", "alice", -EUSERS},  {"of another", "bob", 0},
                {"too many", "bob", -EUSERS}, {"too many", "carol", -EUSERS},
        };
        _cleanup_(site_done) Site site = site_make(SECOND, 3, 2);
        Session *session, *last = NULL;

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                session = NULL;
                EXPECT_INT(rows[i].about,
                           session_open(site.sessions, rows[i].user, &role, "", "", "", WALL, 0,
                                        &session),
                           rows[i].result);
                EXPECT(rows[i].about, (session != NULL) == (rows[i].result == 0));
                last = session ? session : last;
        }
        session_end(site.sessions, last);
        session = open_session(&site, "carol", 0);
        session_enter(site.sessions, session, WALL, 0);
        session_end(site.sessions, session);
        open_session(&site, "dave", 0);
        session_leave(site.sessions, session, 0);
}

/* time */

typedef struct Clock {
        LoopTimer timer;
        Loop *loop;
} Clock;

static int on_clock(LoopTimer *timer, Usec now)
{
        (void)now;
        loop_quit(container_of(timer, Clock, timer)->loop);
        return 0;
}

/* Lets the loop do what is due before @due. */
static void run_until(Loop *loop, Usec due)
{
        Clock clock = {.timer.on_due = on_clock, .loop = loop};

        loop_timer_set(loop, &clock.timer, due);
        EXPECT_INT("run", loop_run(loop), 0);
}

static void test_expiry(void)
{
        static const struct {
                const char *about;
                bool in_call, ended_in_call;
                int64_t idle; /* seconds since its last activity */
                bool found;
        } rows[] = {
                {"idle for long", false, false, 3600, false},
                {"idle for too long", false, false, 1001, false},
                {"active a while ago", false, false, 900, true},
                {"active just now", false, false, 0, true},
                {"a call takes long", true, false, 3600, true},
                {"a call has just begun", true, false, 0, true},
                {"logged out within a call", true, true, 3600, false},
        };
        _cleanup_(site_done) Site site = site_make(1000 * SECOND, 100, 100);
        /* Some time after the boot, so that there is a past. */
        const Usec now = loop_now(site.loop), past = 4000 * SECOND;
        Session *sessions[ELEMENTS(rows)];
        char ids[ELEMENTS(rows)][SESSION_ID_CHARS + 1];

        if (now < past)
                return;
        /* Opened in the order of their last activity, as it happens. */
        for (int64_t idle = 3600; idle >= 0; idle--)
                for (size_t i = 0; i < ELEMENTS(rows); i++) {
                        Usec active = now - (Usec)idle * SECOND;

                        if (rows[i].idle != idle)
                                continue;
                        sessions[i] = open_session(&site, "alice", active);
                        memcpy(ids[i], sessions[i]->id, sizeof(ids[i]));
                        if (rows[i].in_call)
                                session_enter(site.sessions, sessions[i], WALL, active);
                        if (rows[i].ended_in_call)
                                session_end(site.sessions, sessions[i]);
                }
        run_until(site.loop, now);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                EXPECT(rows[i].about,
                       session_find(site.sessions, ids[i]) == (rows[i].found ? sessions[i] : NULL));
                if (rows[i].in_call)
                        session_leave(site.sessions, sessions[i], now);
        }
}

static void test_expiry_in_real_time(void)
{
        _cleanup_(site_done) Site site = site_make(2000, 10, 10);
        Usec now = loop_now(site.loop);
        Session *idle = open_session(&site, "alice", now);
        Session *used = open_session(&site, "alice", now);
        char ids[2][SESSION_ID_CHARS + 1];

        memcpy(ids[0], idle->id, sizeof(ids[0]));
        memcpy(ids[1], used->id, sizeof(ids[1]));
        session_enter(site.sessions, used, WALL, now);
        run_until(site.loop, now + 10000);
        EXPECT("expired", !session_find(site.sessions, ids[0]));
        EXPECT("in use", session_find(site.sessions, ids[1]) == used);
        session_leave(site.sessions, used, loop_now(site.loop));
        run_until(site.loop, loop_now(site.loop) + 10000);
        EXPECT("expired after its last call", !session_find(site.sessions, ids[1]));
}

static Users *users_of(const char *text)
{
        Users *users = NULL;

        test_write("users", text);
        EXPECT_INT("file", access(test_path("users"), R_OK), 0);
        EXPECT_INT("users", users_load(test_path("users"), &users), 0);
        return users;
}

static void test_apply_users(void)
{
        static const struct {
                const char *name;
                const char *role; /* afterwards; NULL: the session has ended */
                bool in_call;
        } rows[] = {
                {"alice", "Admin", false}, {"bob", "ReadOnly", false}, {"carol", NULL, false},
                {"dave", NULL, true},      {"erin", NULL, false},      {"frank", NULL, false},
        };
        _cleanup_(site_done) Site site = site_make(SECOND, 10, 10);
        _cleanup_(users_freep) Users *before =
                users_of("alice:!:Admin\nbob:!:Admin\ncarol:!:Admin\ndave:!:Admin\n"
                         "erin:!:Admin\nfrank:!:Admin\n");
        /* Carol and Dave are gone, Erin has another password, Frank may do nothing any more. */
        _cleanup_(users_freep) Users *users =
                users_of("alice:!:Admin\nbob:!:ReadOnly\nerin:*:Admin\nfrank:!:NoAccess\n");
        Session *sessions[ELEMENTS(rows)];
        char ids[ELEMENTS(rows)][SESSION_ID_CHARS + 1];

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                sessions[i] = open_session(&site, rows[i].name, 0);
                memcpy(ids[i], sessions[i]->id, sizeof(ids[i]));
                if (rows[i].in_call)
                        session_enter(site.sessions, sessions[i], WALL, 0);
        }
        sessions_apply_users(site.sessions, before, users);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const Session *found = session_find(site.sessions, ids[i]);

                EXPECT_STR(rows[i].name, found ? found->role->name : NULL, rows[i].role);
                if (rows[i].in_call) {
                        EXPECT(rows[i].name, sessions[i]->ended);
                        session_leave(site.sessions, sessions[i], 0);
                }
        }
}

int main(void)
{
        test_directory_make();
        test_open();
        test_locale();
        test_find();
        test_end_of_session();
        test_calls();
        test_limits();
        test_expiry();
        test_expiry_in_real_time();
        test_apply_users();
        EXPECT("sessions_free(NULL)", sessions_free(NULL) == NULL);
        test_directory_remove();
        return test_end();
}
