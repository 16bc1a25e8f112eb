#pragma once

/*
 * The users of this service and their roles: a file of `name:hash:role` lines, the hash as crypt(3)
 * makes it. Source: guestopsd(8), "Users".
 */

#include "base/base.h"
#include "loop/worker.h"

#define USER_NAME_MAX 128

typedef struct Users Users;

typedef struct UserRole {
        const char *name;
        const char *const *privileges; /* ended by NULL; "X.*" is all below X */
} UserRole;

/* Return: 0, -ENOENT, or -EINVAL with what is wrong logged. */
int users_load(const char *path, Users **ret);
Users *users_free(Users *users);
DEFINE_CLEANUP(Users, users_free)

/**
 * users_create() - write a file with one user of role Admin and a password that is random
 * @ret_password: freed with secret_free()
 *
 * Return: 0, -EEXIST, or another negative errno.
 */
int users_create(const char *path, const char *name, char **ret_password);

/* Return: the role, or NULL for a user that does not exist. */
const UserRole *users_role(const Users *users, const char *name);

/* Return: whether @name is a user of both, with the same password. */
bool users_same_password(const Users *a, const Users *b, const char *name);

/* Return: whether the role has the privilege, such as "VirtualMachine.GuestOperations.Query". */
bool role_has(const UserRole *role, const char *privilege);

/* A check of a password, which takes tens of milliseconds and so runs in a worker. */
typedef struct UserCheck UserCheck;
struct UserCheck {
        WorkerJob job;
        char *hash, *password; /* copies, erased with the check */
        bool accepted;
        void *user;
};

/* For an unknown name too, so that time does not tell. Return: NULL without memory. */
UserCheck *user_check_new(const Users *users, const char *name, const char *password);
UserCheck *user_check_free(UserCheck *check);
DEFINE_CLEANUP(UserCheck, user_check_free)
