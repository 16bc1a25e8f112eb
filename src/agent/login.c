#include "agent/login.h"

#include "agent/account-cache.h"
#include "agent/credential-cache.h"
#include "agent/login-helper.h"
#include "base/log.h"
#include "base/secret.h"
#include "schema/tables.h"
#include "wire/read.h"
#include "wire/write.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define HELPERS_MAX        8 /* a yescrypt check takes 16 MiB while it lasts */
#define HELPERS_REMEMBERED 4 /* beside them: for remembered logins, which take microseconds */
#define HELPERS_IDLE_MAX   2
#define HELPER_QUESTIONS   1000 /* then a new one: some PAM modules leak */
#define LOGINS_WAITING_MAX 256

struct LoginHelper {
        LoginPool *pool;
        LoopIo io;
        LoopChild child;
        LoopTimer deadline;
        Login *login; /* NULL while idle */
        unsigned int n_questions;
        bool dismissed; /* its socket is closed; waits for its exit */
        TAILQ_ENTRY(LoginHelper) entry;
};

struct LoginPool {
        Loop *loop;
        LoginConfig config;
        CredentialCache *cache;
        AccountCache *accounts;
        TAILQ_HEAD(LoginHelpers, LoginHelper) helpers;
        TAILQ_HEAD(, Login) waiting;
        size_t n_helpers, n_waiting;
};

static void serve_waiting(LoginPool *pool, Usec now);

/* the end of a login */

static void login_done(Login *login, int result, const LoginVerdict *verdict, Usec now)
{
        login->pool = NULL;
        login->on_done(login, result, verdict, now);
}

static int on_refusal(LoopTimer *timer, Usec now)
{
        Login *login = container_of(timer, Login, refusal);

        login_done(login, login->result, NULL, now);
        return 0;
}

/* Neither time nor text tells which names exist, which are locked, and which have expired. */
static void refuse(Login *login, const LoginVerdict *verdict, Usec now)
{
        Usec due = login->begun + login->pool->config.fail_delay_usec;

        log_warning("login of '%.64s' refused: %s", login->user,
                    verdict->detail ? verdict->detail : "no reason given");
        credential_cache_drop(login->pool->cache, login->user);
        account_cache_drop(login->pool->accounts, login->user);
        login->result = -EACCES;
        login->refusal = (LoopTimer){.on_due = on_refusal};
        if (loop_timer_set(login->pool->loop, &login->refusal, due) < 0)
                login_done(login, -EACCES, NULL, now);
}

static bool is_alike(const Login *a, const Login *b)
{
        return strcmp(a->user, b->user) == 0 && secret_equal(a->password, b->password);
}

/* What waits for the same check has its answer, too. */
static void refuse_alike(const Login *login, const LoginVerdict *verdict, Usec now)
{
        LoginPool *pool = login->pool;
        Login *waiting, *next;

        for (waiting = TAILQ_FIRST(&pool->waiting); waiting; waiting = next) {
                next = TAILQ_NEXT(waiting, entry);
                if (waiting->remembered || !is_alike(waiting, login))
                        continue;
                TAILQ_REMOVE(&pool->waiting, waiting, entry);
                pool->n_waiting--;
                refuse(waiting, verdict, now);
        }
}

/* Nor is a check that hung or broke begun anew for each of them in turn. */
static void fail_alike(const Login *login, int result, Usec now)
{
        LoginPool *pool = login->pool;
        Login *waiting;

        for (waiting = TAILQ_FIRST(&pool->waiting); waiting;) {
                if (login->remembered || waiting->remembered || !is_alike(waiting, login)) {
                        waiting = TAILQ_NEXT(waiting, entry);
                        continue;
                }
                TAILQ_REMOVE(&pool->waiting, waiting, entry);
                pool->n_waiting--;
                login_done(waiting, result, NULL, now);
                waiting = TAILQ_FIRST(&pool->waiting); /* the callback may have cancelled any */
        }
}

/* @packet: the verdict as the helper spelled it. */
static void remember(Login *login, const char *packet, size_t size, Usec now)
{
        LoginPool *pool = login->pool;

        if (!login->remembered)
                credential_cache_put(pool->cache, login->user, login->password, login->generation,
                                     now);
        if (pool->config.cache_usec > 0)
                account_cache_put(pool->accounts, login->user, packet, size, login->surroundings,
                                  now);
}

static void login_answered(Login *login, const LoginVerdict *verdict, Usec now)
{
        if (verdict->result == -EACCES) {
                if (!login->remembered)
                        refuse_alike(login, verdict, now);
                refuse(login, verdict, now);
                return;
        }
        if (verdict->result < 0) {
                log_error("login of '%.64s' failed: %s", login->user,
                          verdict->detail ? verdict->detail : strerror(-verdict->result));
                fail_alike(login, -EIO, now);
                login_done(login, -EIO, NULL, now);
                return;
        }
        login_done(login, 0, verdict, now);
}

/* helpers */

static void helper_dismiss(LoginHelper *helper)
{
        if (helper->dismissed)
                return;
        helper->dismissed = true;
        loop_timer_clear(&helper->deadline);
        loop_io_remove(&helper->io);
        helper->io.fd = fd_close(helper->io.fd);
}

/* Its process has ended, or does so now. */
static void helper_end(LoginHelper *helper, int result, Usec now)
{
        Login *login = helper->login;

        helper->login = NULL;
        helper_dismiss(helper);
        if (login) {
                login->helper = NULL;
                fail_alike(login, result, now);
                login_done(login, result, NULL, now);
        }
}

static void helper_fail(LoginHelper *helper, int result, Usec now)
{
        (void)kill(helper->child.pid, SIGKILL);
        helper_end(helper, result, now);
}

static int helper_on_exit(LoopChild *child, int status, Usec now)
{
        LoginHelper *helper = container_of(child, LoginHelper, child);
        LoginPool *pool = helper->pool;

        if (helper->login)
                log_error("a login helper died: wait status %d", status);
        helper_end(helper, -EIO, now);
        TAILQ_REMOVE(&pool->helpers, helper, entry);
        pool->n_helpers--;
        free(helper);
        serve_waiting(pool, now);
        return 0;
}

static int helper_on_deadline(LoopTimer *timer, Usec now)
{
        LoginHelper *helper = container_of(timer, LoginHelper, deadline);

        log_error("login of '%.64s' took too long: the helper is killed", helper->login->user);
        helper_fail(helper, -ETIMEDOUT, now);
        return 0;
}

static size_t count_idle(const LoginPool *pool)
{
        const LoginHelper *helper;
        size_t n = 0;

        TAILQ_FOREACH (helper, &pool->helpers, entry)
                n += !helper->login && !helper->dismissed;
        return n;
}

static void helper_rest(LoginHelper *helper)
{
        if (helper->n_questions >= HELPER_QUESTIONS || count_idle(helper->pool) > HELPERS_IDLE_MAX)
                helper_dismiss(helper);
}

static int helper_on_answer(LoopIo *io, uint32_t events, Usec now)
{
        LoginHelper *helper = container_of(io, LoginHelper, io);
        LoginPool *pool = helper->pool;
        _cleanup_(freep) char *packet = malloc(LOGIN_PACKET_BYTES);
        const LoginVerdict *verdict = NULL;
        Login *login = helper->login;
        WireError error;
        ssize_t n;

        (void)events;
        n = packet ? recv(io->fd, packet, LOGIN_PACKET_BYTES, 0) : -1;
        if (n < 0 && packet && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0 || !login ||
            tlv_read(login->arena, packet, (size_t)n, &type_LoginVerdict, &verdict, &error) < 0) {
                helper_fail(helper, -EIO, now);
                return 0;
        }
        loop_timer_clear(&helper->deadline);
        helper->login = NULL;
        login->helper = NULL;
        helper_rest(helper);
        if (verdict->result >= 0)
                remember(login, packet, (size_t)n, now);
        login_answered(login, verdict, now);
        serve_waiting(pool, now);
        return 0;
}

/* The agent's own binary, whatever has become of its file meanwhile. */
static int helper_exec(const char *service, int fd, pid_t *ret)
{
        char *argv[] = {(char *)LOGIN_HELPER_NAME, (char *)service, NULL};
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t none;
        int r;

        sigemptyset(&none);
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, fd, LOGIN_HELPER_FD);
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        posix_spawnattr_setsigmask(&attributes, &none);
        r = posix_spawn(ret, "/proc/self/exe", &actions, &attributes, argv, environ);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        return -r;
}

static int helper_start(LoginPool *pool, LoginHelper **ret)
{
        _cleanup_(freep) LoginHelper *helper = calloc(1, sizeof(*helper));
        _cleanup_(fd_closep) int ours = -1;
        _cleanup_(fd_closep) int theirs = -1;
        int pair[2], r;

        if (!helper)
                return -ENOMEM;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        ours = pair[0];
        theirs = pair[1];
        (void)fcntl(ours, F_SETFL, O_NONBLOCK);
        *helper = (LoginHelper){
                .pool = pool,
                .io = {.fd = ours, .on_ready = helper_on_answer},
                .child.on_exit = helper_on_exit,
                .deadline.on_due = helper_on_deadline,
        };
        r = helper_exec(pool->config.pam_service, theirs, &helper->child.pid);
        if (r < 0) /* fork's EAGAIN is not ours, after which somebody comes back */
                return r == -EAGAIN ? -ENOMEM : r;
        r = loop_add_child(pool->loop, &helper->child);
        if (r >= 0)
                r = loop_add_io(pool->loop, &helper->io, EPOLLIN);
        if (r < 0) {
                (void)kill(helper->child.pid, SIGKILL);
                (void)waitpid(helper->child.pid, NULL, 0);
                loop_child_remove(&helper->child);
                return r;
        }
        (void)moved_fd(ours);
        TAILQ_INSERT_TAIL(&pool->helpers, helper, entry);
        pool->n_helpers++;
        *ret = moved(helper);
        return 0;
}

static int helper_ask(LoginHelper *helper, Login *login)
{
        const LoginQuestion question = {
                .type = &type_LoginQuestion,
                .user = (char *)login->user,
                .password = login->remembered ? NULL : (char *)login->password,
                .allow_users = (char *)helper->pool->config.allow_users,
                .allow_groups = (char *)helper->pool->config.allow_groups,
        };
        _cleanup_(buf_erase) Buf packet = {.max = LOGIN_PACKET_BYTES};
        int r;

        tlv_write(&packet, &question);
        if (buf_error(&packet))
                return buf_error(&packet);
        r = loop_timer_set(helper->pool->loop, &helper->deadline,
                           loop_now(helper->pool->loop) + helper->pool->config.deadline_usec);
        if (r < 0)
                return r;
        if (send(helper->io.fd, packet.data, packet.size, MSG_NOSIGNAL) < 0) {
                loop_timer_clear(&helper->deadline);
                return errno == EAGAIN ? -EIO : -errno;
        }
        helper->n_questions++;
        helper->login = login;
        login->helper = helper;
        return 0;
}

/* Clients come in bursts: one check of a name and a password is enough for all of them. */
static bool is_being_checked(const LoginPool *pool, const Login *login)
{
        const LoginHelper *helper;

        TAILQ_FOREACH (helper, &pool->helpers, entry)
                if (helper->login && !helper->login->remembered && is_alike(helper->login, login))
                        return true;
        return false;
}

/* Return: 0, -EAGAIN where the login has to wait, or another negative errno. */
static int find_helper(LoginPool *pool, const Login *login, LoginHelper **ret)
{
        size_t max = HELPERS_MAX + (login->remembered ? HELPERS_REMEMBERED : 0);
        LoginHelper *helper;

        TAILQ_FOREACH (helper, &pool->helpers, entry)
                if (!helper->login && !helper->dismissed) {
                        *ret = helper;
                        return 0;
                }
        if (pool->n_helpers >= max)
                return -EAGAIN;
        return helper_start(pool, ret);
}

static void recognise(LoginPool *pool, Login *login, Usec now)
{
        if (!login->remembered)
                login->remembered =
                        credential_cache_has(pool->cache, login->user, login->password, now);
}

static int serve(LoginPool *pool, Login *login)
{
        LoginHelper *helper = NULL;
        int r;

        recognise(pool, login, loop_now(pool->loop));
        if (!login->remembered && pool->config.cache_usec > 0 && is_being_checked(pool, login))
                return -EAGAIN;
        r = find_helper(pool, login, &helper);
        if (r < 0)
                return r;
        assert(helper);
        return helper_ask(helper, login);
}

static void serve_waiting(LoginPool *pool, Usec now)
{
        Login *login, *next;

        for (login = TAILQ_FIRST(&pool->waiting); login; login = next) {
                int r = serve(pool, login);

                next = TAILQ_NEXT(login, entry);
                if (r == -EAGAIN)
                        continue; /* a remembered one behind it may still find a helper */
                TAILQ_REMOVE(&pool->waiting, login, entry);
                pool->n_waiting--;
                if (r < 0) {
                        login_done(login, -EIO, NULL, now);
                        next = TAILQ_FIRST(
                                &pool->waiting); /* the callback may have cancelled any */
                }
        }
}

/* the pool */

void login_begin(LoginPool *pool, Login *login, Arena *arena, const char *user,
                 const char *password, Usec now)
{
        const LoginVerdict *verdict = NULL;
        int r;

        login->pool = pool;
        login->arena = arena;
        login->user = user;
        login->password = password;
        login->remembered = !password;
        login->begun = now;
        login->generation = credential_cache_generation(pool->cache);
        login->surroundings = credential_cache_surroundings(pool->cache);
        login->helper = NULL;
        login->refusal = (LoopTimer){0};
        recognise(pool, login, now);
        if (login->remembered &&
            account_cache_get(pool->accounts, user, login->surroundings, now, arena, &verdict)) {
                login_done(login, 0, verdict, now);
                return;
        }
        r = serve(pool, login);
        if (r == -EAGAIN && pool->n_waiting < LOGINS_WAITING_MAX) {
                TAILQ_INSERT_TAIL(&pool->waiting, login, entry);
                pool->n_waiting++;
        } else if (r < 0) {
                login_done(login, r == -EAGAIN ? r : -EIO, NULL, now);
        }
}

void login_cancel(Login *login)
{
        LoginPool *pool = login->pool;

        if (!pool)
                return;
        login->pool = NULL;
        if (login->refusal.loop) {
                loop_timer_clear(&login->refusal);
        } else if (login->helper) {
                /* What it answers now would be another's: it goes. */
                login->helper->login = NULL;
                helper_dismiss(login->helper);
                (void)kill(login->helper->child.pid, SIGKILL);
        } else {
                TAILQ_REMOVE(&pool->waiting, login, entry);
                pool->n_waiting--;
        }
}

int login_pool_new(Loop *loop, const LoginConfig *config, LoginPool **ret)
{
        _cleanup_(login_pool_freep) LoginPool *pool = calloc(1, sizeof(*pool));
        int r;

        if (!pool)
                return -ENOMEM;
        pool->loop = loop;
        pool->config = *config;
        TAILQ_INIT(&pool->helpers);
        TAILQ_INIT(&pool->waiting);
        pool->accounts = account_cache_new();
        if (!pool->accounts)
                return -ENOMEM;
        r = credential_cache_new(loop, config->cache_usec, &pool->cache);
        if (r < 0)
                return r;
        *ret = moved(pool);
        return 0;
}

uint64_t login_pool_generation(LoginPool *pool)
{
        return credential_cache_generation(pool->cache);
}

void login_pool_configure(LoginPool *pool, const LoginConfig *config)
{
        LoginHelper *helper;

        pool->config = *config;
        credential_cache_configure(pool->cache, config->cache_usec);
        account_cache_drop(pool->accounts, NULL);
        /* They speak to the service that was configured before: each goes as soon as it is idle. */
        TAILQ_FOREACH (helper, &pool->helpers, entry) {
                helper->n_questions = HELPER_QUESTIONS;
                if (!helper->login)
                        helper_dismiss(helper);
        }
}

LoginPool *login_pool_free(LoginPool *pool)
{
        LoginHelper *helper;

        if (!pool)
                return NULL;
        while ((helper = TAILQ_FIRST(&pool->helpers))) {
                helper_dismiss(helper);
                (void)kill(helper->child.pid, SIGKILL);
                (void)waitpid(helper->child.pid, NULL, 0);
                loop_child_remove(&helper->child);
                TAILQ_REMOVE(&pool->helpers, helper, entry);
                free(helper);
        }
        credential_cache_free(pool->cache);
        account_cache_free(pool->accounts);
        free(pool);
        return NULL;
}
