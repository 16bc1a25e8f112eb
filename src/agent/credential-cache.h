#pragma once

/*
 * Remembers for a short while which credentials PAM has accepted, because a check costs 34 ms and
 * clients poll. Neither name nor password is kept: entries are HMAC-SHA256 under a key that is
 * random at every start. Account rules are another matter; see account-cache.h.
 *
 * Everything is forgotten when the files that decide about logins change.
 */

#include "loop/loop.h"

#define CREDENTIAL_CACHE_MAX 64

typedef struct CredentialCache CredentialCache;

/* @keep: from the check on, not from the last use; 0 remembers nothing. */
int credential_cache_new(Loop *loop, Usec keep, CredentialCache **ret);
/* Forgets everything, and remembers for another time from now on. */
void credential_cache_configure(CredentialCache *cache, Usec keep);
CredentialCache *credential_cache_free(CredentialCache *cache);
DEFINE_CLEANUP(CredentialCache, credential_cache_free)

bool credential_cache_has(CredentialCache *cache, const char *user, const char *password, Usec now);
/* @generation: as it was before the check began; what has changed since is not remembered. */
void credential_cache_put(CredentialCache *cache, const char *user, const char *password,
                          uint64_t generation, Usec now);
/* Return: a number that another one follows whenever everything was forgotten. */
uint64_t credential_cache_generation(CredentialCache *cache);
/* Return: one that changes as well when a user's environment may be another. */
uint64_t credential_cache_surroundings(CredentialCache *cache);
/* Forgets all of this user. */
void credential_cache_drop(CredentialCache *cache, const char *user);
