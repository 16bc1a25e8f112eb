#include "session/users.h"

#include "base/log.h"
#include "base/secret.h"

#include <crypt.h>
#include <fcntl.h>
#include <stdio.h>

#define USERS_MAX  10000
#define LINE_BYTES 1024

typedef struct User {
        char *name, *hash;
        const UserRole *role;
} User;

struct Users {
        User *items;
        size_t n;
        char *dummy_hash; /* of nobody: what an unknown name is checked against */
};

static const char *const admin[] = {"*", NULL};
static const char *const guest_operator[] = {
        "System.*",
        "VirtualMachine.GuestOperations.*",
        NULL,
};
static const char *const read_only[] = {"System.*", NULL};
static const char *const no_access[] = {NULL};

static const UserRole roles[] = {
        {"Admin", admin},
        {"GuestOperator", guest_operator},
        {"NoAccess", no_access},
        {"ReadOnly", read_only},
};

static const UserRole *find_role(const char *name)
{
        for (size_t i = 0; i < ELEMENTS(roles); i++)
                if (strcmp(roles[i].name, name) == 0)
                        return &roles[i];
        return NULL;
}

bool role_has(const UserRole *role, const char *privilege)
{
        for (const char *const *p = role->privileges; *p; p++) {
                size_t n = strlen(*p);

                if ((*p)[n - 1] == '*' ? strncmp(*p, privilege, n - 1) == 0
                                       : strcmp(*p, privilege) == 0)
                        return true;
        }
        return false;
}

static const User *find(const Users *users, const char *name)
{
        for (size_t i = 0; i < users->n; i++)
                if (strcmp(users->items[i].name, name) == 0)
                        return &users->items[i];
        return NULL;
}

const UserRole *users_role(const Users *users, const char *name)
{
        const User *user = find(users, name);

        return user ? user->role : NULL;
}

bool users_same_password(const Users *a, const Users *b, const char *name)
{
        const User *before = find(a, name), *after = find(b, name);

        return before && after && strcmp(before->hash, after->hash) == 0;
}

static int add(Users *users, const char *name, const char *hash, const UserRole *role)
{
        User *grown = reallocarray(users->items, users->n + 1, sizeof(*grown));
        User *user;

        if (!grown)
                return -ENOMEM;
        users->items = grown;
        user = &grown[users->n++];
        *user = (User){.name = strdup(name), .hash = strdup(hash), .role = role};
        return user->name && user->hash ? 0 : -ENOMEM;
}

static int parse_line(Users *users, char *line)
{
        char *name = strsep(&line, ":");
        char *hash = strsep(&line, ":");
        const UserRole *role = line ? find_role(line) : NULL;

        if (str_is_empty(name) || strlen(name) > USER_NAME_MAX || str_is_empty(hash) || !role ||
            find(users, name) || users->n >= USERS_MAX)
                return -EINVAL;
        return add(users, name, hash, role);
}

static int make_hash(const char *password, char *hash)
{
        struct crypt_data *data = calloc(1, sizeof(*data));
        char setting[CRYPT_GENSALT_OUTPUT_SIZE];
        char *made = NULL;

        if (!data)
                return -ENOMEM;
        if (crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof(setting)))
                made = crypt_rn(password, setting, data, sizeof(*data));
        if (made)
                (void)snprintf(hash, CRYPT_OUTPUT_SIZE, "%s", made);
        explicit_bzero(data, sizeof(*data));
        free(data);
        return made ? 0 : -EIO;
}

static int set_dummy(Users *users)
{
        char hash[CRYPT_OUTPUT_SIZE], password[33];
        int r;

        random_hex(password, 16);
        r = make_hash(password, hash);
        if (r < 0)
                return r;
        users->dummy_hash = strdup(hash);
        return users->dummy_hash ? 0 : -ENOMEM;
}

int users_load(const char *path, Users **ret)
{
        _cleanup_(users_freep) Users *users = calloc(1, sizeof(*users));
        char line[LINE_BYTES];
        unsigned int number = 0;
        FILE *file;
        int r;

        if (!users)
                return -ENOMEM;
        r = set_dummy(users);
        if (r < 0)
                return r;
        file = fopen(path, "re");
        if (!file)
                return -errno;
        while (r >= 0 && fgets(line, sizeof(line), file)) {
                number++;
                if (!strchr(line, '\n') && !feof(file))
                        r = -EINVAL; /* too long */
                line[strcspn(line, "\n")] = '\0';
                if (r >= 0 && *line && *line != '#')
                        r = parse_line(users, line);
        }
        explicit_bzero(line, sizeof(line));
        if (ferror(file))
                r = -EIO;
        (void)fclose(file);
        if (r == -EINVAL)
                log_error("%s:%u: is no name:hash:role, or the name is there twice", path, number);
        if (r < 0)
                return r;
        *ret = moved(users);
        return 0;
}

Users *users_free(Users *users)
{
        if (!users)
                return NULL;
        for (size_t i = 0; i < users->n; i++) {
                free(users->items[i].name);
                secret_free(users->items[i].hash);
        }
        free(users->items);
        secret_free(users->dummy_hash);
        free(users);
        return NULL;
}

int users_create(const char *path, const char *name, char **ret_password)
{
        _cleanup_(secret_freep) char *password = calloc(1, 33);
        char hash[CRYPT_OUTPUT_SIZE], line[CRYPT_OUTPUT_SIZE + 256];
        _cleanup_(fd_closep) int fd = -1;
        _cleanup_(freep) char *new = NULL;
        int n, r;

        if (!password)
                return -ENOMEM;
        random_hex(password, 12);
        r = make_hash(password, hash);
        if (r < 0)
                return r;
        if (asprintf(&new, "%s.new", path) < 0)
                return -ENOMEM;
        (void)unlink(new);
        fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        n = snprintf(line, sizeof(line), "%s:%s:Admin\n", name, hash);
        if (n >= (int)sizeof(line) || write(fd, line, (size_t)n) != n || fsync(fd) < 0)
                r = -EIO;
        else if (link(new, path) < 0) /* whole or not at all; EEXIST stays */
                r = -errno;
        (void)unlink(new);
        if (r < 0)
                return r;
        *ret_password = moved(password);
        return 0;
}

/* checks */

static void check_run(WorkerJob *job)
{
        UserCheck *check = container_of(job, UserCheck, job);
        struct crypt_data *data = calloc(1, sizeof(*data));
        const char *made;

        if (!data)
                return;
        made = crypt_rn(check->password, check->hash, data, sizeof(*data));
        check->accepted = made && secret_equal(check->hash, made);
        explicit_bzero(data, sizeof(*data));
        free(data);
}

UserCheck *user_check_new(const Users *users, const char *name, const char *password)
{
        _cleanup_(user_check_freep) UserCheck *check = calloc(1, sizeof(*check));
        const User *user = find(users, name);

        if (!check)
                return NULL;
        check->job.run = check_run;
        /* "!" and the like take no time: nobody's hash is checked in its place. */
        check->hash = strdup(user && crypt_checksalt(user->hash) != CRYPT_SALT_INVALID
                                     ? user->hash
                                     : users->dummy_hash);
        check->password = strdup(password);
        return check->hash && check->password ? moved(check) : NULL;
}

UserCheck *user_check_free(UserCheck *check)
{
        if (!check)
                return NULL;
        secret_free(check->hash);
        secret_free(check->password);
        free(check);
        return NULL;
}
