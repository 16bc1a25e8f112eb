#pragma once

/*
 * Logins: who may act in this guest, asked of PAM by helper processes. Many run at once, each with
 * a deadline; a refusal is told after a delay that is the same for every reason, and nobody waits
 * behind it.
 */

#include "base/arena.h"
#include "loop/loop.h"
#include "schema/types.h"

typedef struct LoginPool LoginPool;
typedef struct LoginHelper LoginHelper;

typedef struct LoginConfig {
        /* Borrowed until another configuration is set. */
        const char *pam_service;
        const char *allow_users, *allow_groups; /* names, by blanks or commas; NULL: no such rule */
        Usec cache_usec;
        Usec fail_delay_usec;
        Usec deadline_usec;
} LoginConfig;

typedef struct Login Login;
struct Login {
        /*
         * @result: 0 and a verdict in the login's arena; -EACCES refused; -ETIMEDOUT; -EIO where
         * PAM or the user database is broken; -EAGAIN where too many logins wait.
         */
        void (*on_done)(Login *login, int result, const LoginVerdict *verdict, Usec now);

        /* the pool's own */
        LoginPool *pool; /* NULL while not begun */
        Arena *arena;
        const char *user, *password; /* borrowed until done */
        bool remembered;
        Usec begun;
        uint64_t generation, surroundings; /* of the credential cache, then */
        LoginHelper *helper;               /* NULL while it waits for one */
        LoopTimer refusal;
        int result; /* told when the delay is over */
        TAILQ_ENTRY(Login) entry;
};

int login_pool_new(Loop *loop, const LoginConfig *config, LoginPool **ret);
/* Holds for logins that begin from now on; nothing that was remembered is. */
void login_pool_configure(LoginPool *pool, const LoginConfig *config);
/* Return: a number that another one follows whenever passwords or accounts have changed. */
uint64_t login_pool_generation(LoginPool *pool);
/* All logins must have ended. */
LoginPool *login_pool_free(LoginPool *pool);
DEFINE_CLEANUP(LoginPool, login_pool_free)

/**
 * login_begin() - check a name and a password
 * @login:      in the caller; on_done is set; may be called back before this returns
 * @arena:      of the verdict
 * @user:       not empty, without '/', at most 256 bytes: the caller has looked
 * @password:   NULL where the user has been authenticated otherwise: account rules only
 */
void login_begin(LoginPool *pool, Login *login, Arena *arena, const char *user,
                 const char *password, Usec now);
/* No callback will follow. */
void login_cancel(Login *login);
