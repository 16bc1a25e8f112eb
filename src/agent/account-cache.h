#pragma once

/*
 * Remembers for a moment who PAM's account rules and the name service have just let in, and as
 * whom: to ask them takes longer than to start a program, and clients ask for many things in a
 * row. Says who may act only of those who have been authenticated otherwise; see login.c.
 *
 * What the guest's own files of accounts say counts at once: the caller's generation changes with
 * them. What else decides (the hour, a directory on the network, lists of a PAM module's own)
 * counts after ACCOUNT_KEEP.
 */

#include "base/arena.h"
#include "schema/types.h"

#define ACCOUNT_KEEP      USEC_PER_SEC /* from the answer on, not from the last use */
#define ACCOUNT_CACHE_MAX 16

typedef struct AccountCache AccountCache;

/* Return: NULL without memory. */
AccountCache *account_cache_new(void);
AccountCache *account_cache_free(AccountCache *cache);
DEFINE_CLEANUP(AccountCache, account_cache_free)

/**
 * account_cache_get() - what was said of this user
 * @generation: as it is now; see credential_cache_surroundings()
 * @ret:        in the arena
 *
 * Return: whether it still holds.
 */
bool account_cache_get(const AccountCache *cache, const char *user, uint64_t generation, Usec now,
                       Arena *arena, const LoginVerdict **ret);

/*
 * @packet:     the LoginVerdict of a login that has succeeded, encoded
 * @generation: as it was before the login began
 */
void account_cache_put(AccountCache *cache, const char *user, const char *packet, size_t size,
                       uint64_t generation, Usec now);

/* Forgets this user; all of them where @user is NULL. */
void account_cache_drop(AccountCache *cache, const char *user);
